import { pick } from "../base/options.ts";
import {
  HOSTNAME_OPTIONS,
  type HostnameSettings,
  resolveLayer,
  type SettingsByHostname,
} from "../pool/hostname-config.ts";
import type { AppFactory } from "../server/app.ts";
import { type AppConfig, resolveApp } from "./app-config.ts";
import type { AppPlan, Apps } from "./app-plan.ts";
import { createAppFactory, whyNoApp } from "./apps.ts";

/** What counts for a hostname that was added. */
interface Added {
  plan: AppPlan;
  settings: HostnameSettings;
}

/**
 * The apps of a switchboard that runs: those of its options, and over them those that were added since.
 *
 * **Lifetime.** A passive value. What is added counts from the next start of its hostname on.
 *
 * **Failure.** `set` throws `INVALID_OPTION`, as the options do, and changes nothing then.
 */
export class Services implements Apps {
  readonly #configured: Apps | undefined;
  readonly #settings: SettingsByHostname;
  readonly #added = new Map<string, Added>();

  constructor(configured: Apps | undefined, settings: SettingsByHostname) {
    this.#configured = configured;
    this.#settings = settings;
  }

  /** The settings of each hostname, those of added ones included. */
  get settings(): SettingsByHostname {
    return {
      ...this.#settings,
      of: (hostname) => this.#added.get(hostname)?.settings ?? this.#settings.of(hostname),
    };
  }

  /** Gives each hostname its app; `otherwise` is for those that stand nowhere, if no apps were configured. */
  factory(otherwise: AppFactory, begins: (hostname: string, plan: AppPlan) => void): AppFactory {
    const listed = createAppFactory(this, begins);
    if (this.#configured !== undefined) return listed;
    return (context) => (this.#added.has(context.hostname) ? listed(context) : otherwise(context));
  }

  find(hostname: string): AppPlan | undefined {
    return this.#added.get(hostname)?.plan ?? this.#configured?.find(hostname);
  }

  whyNot(hostname: string): string | undefined {
    return this.#configured?.whyNot(hostname);
  }

  keyOf(hostname: string): string {
    return this.#added.has(hostname) ? hostname : (this.#configured?.keyOf(hostname) ?? hostname);
  }

  names(): string[] {
    return [...new Set([...(this.#configured?.names() ?? []), ...this.#added.keys()])];
  }

  /** Whether there may be an app for it: one that is for all names decides when it is asked. */
  serves(hostname: string): boolean {
    return this.#configured === undefined || whyNoApp(this, hostname) === undefined;
  }

  /** Where the app comes from that stands under exactly this name. */
  originOf(hostname: string): "configured" | "added" | undefined {
    if (this.#added.has(hostname)) return "added";
    return this.#configured?.names().includes(hostname) ? "configured" : undefined;
  }

  /** From now on this is the app of `hostname`. */
  set(hostname: string, config: AppConfig): void {
    const plan = resolveApp("the service", config);
    const settings = resolveLayer("the service: ", pick(config, HOSTNAME_OPTIONS), this.#settings.of(hostname));
    this.#added.set(hostname, { plan, settings });
  }

  /** What was added for `hostname` counts no more. */
  remove(hostname: string): void {
    this.#added.delete(hostname);
  }
}
