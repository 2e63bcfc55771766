import { noop } from "../base/operations.ts";
import type { ServerEvent } from "../pool/events.ts";
import type { ServerPool } from "../pool/server-pool-contract.ts";
import type { AppPlan, Apps, Watched } from "./app-plan.ts";
import { FileWatch } from "./file-watch.ts";

/**
 * A file of an app has changed: its server starts again, if it ran.
 *
 * **Lifetime.** Told once for several changes within a moment, with the last of the files, before the server stops.
 *
 * **Failure.** What the changed app does wrong is an `error` event of its own.
 */
export interface ChangedEvent {
  /** Tells it from the other events. */
  type: "changed";
  /** Whose app it is a file of. */
  hostname: string;
  /** Its path. */
  file: string;
}

/** An editor that saves, or a tool that writes many files, is given this long to go on. */
const QUIET_MS = 75;

/** A change is not held up for longer, even if files go on changing. */
const LONGEST_MS = 1_000;

/** Changes that nothing has been done about yet. */
interface Pending {
  timer: NodeJS.Timeout;
  since: number;
}

/**
 * Starts the servers of an app again when its files have changed; nobody else notices. An app is watched from a start
 * on, also when that has failed, until it changes; then from its next start on.
 *
 * **Lifetime.** It holds nothing before the first start. `close` ends all watching. **Failure.** What cannot be watched is
 * an `error` event of the hostname; its app runs all the same.
 */
export class AppWatch {
  readonly #apps: Apps;
  readonly #pool: ServerPool;
  readonly #emit: (event: ChangedEvent | ServerEvent) => void;
  /** By what the app stands under in `apps`: there are no more of them than apps. */
  readonly #watches = new Map<string, FileWatch>();
  readonly #pending = new Map<string, Pending>();
  #closed = false;

  constructor(apps: Apps, pool: ServerPool, emit: (event: ChangedEvent | ServerEvent) => void) {
    this.#apps = apps;
    this.#pool = pool;
    this.#emit = emit;
  }

  /** A start begins: what it will load is watched from now on. */
  begin(hostname: string, { watched }: AppPlan): void {
    if (this.#closed) return; // a start that was held while all drains
    const key = this.#apps.keyOf(hostname);
    const known = this.#watches.get(key);
    if (known !== undefined && isSame(known.watched, watched)) return; // for another name of the same pattern, perhaps
    known?.close();
    const watch = new FileWatch(watched, {
      changed: (file) => this.#note(key, file),
      failed: (error) => this.#emit({ type: "error", hostname, error, message: error.message }),
    });
    this.#watches.set(key, watch);
  }

  close(): void {
    this.#closed = true;
    for (const { timer } of this.#pending.values()) clearTimeout(timer);
    this.#pending.clear();
    for (const watch of this.#watches.values()) watch.close();
    this.#watches.clear();
  }

  #note(key: string, file: string): void {
    const now = performance.now();
    const { timer, since } = this.#pending.get(key) ?? { timer: undefined, since: now };
    clearTimeout(timer);
    const act = () => {
      this.#pending.delete(key);
      this.#restart(key, file);
    };
    const waitMs = Math.min(QUIET_MS, Math.max(0, since + LONGEST_MS - now));
    this.#pending.set(key, { timer: setTimeout(act, waitMs), since });
  }

  #restart(key: string, file: string): void {
    const { servers, refused } = this.#pool.inspect();
    const isOurs = ({ hostname }: { hostname: string }) => this.#apps.keyOf(hostname) === key;
    const up = servers.filter((row) => isOurs(row) && row.state !== "stopping");
    const down = refused.filter(isOurs);
    // The next start watches anew, because folders may have come and gone.
    this.#watches.get(key)?.close();
    this.#watches.delete(key);
    for (const hostname of toNames([...up, ...down])) {
      this.#emit({ type: "changed", hostname, file });
      void this.#pool.shutdown(hostname); // forgets failures, too
    }
    for (const hostname of toNames([...up, ...down.filter(({ pinned }) => pinned)])) {
      // At once: who waits for a start that was stopped finds this one. What it fails with is an event.
      if (this.#apps.find(hostname) !== undefined) this.#pool.getOrCreate(hostname).catch(noop);
    }
  }
}

function toNames(rows: readonly { hostname: string }[]): Set<string> {
  return new Set(rows.map(({ hostname }) => hostname));
}

function isSame(some: readonly Watched[], others: readonly Watched[]): boolean {
  return JSON.stringify(some) === JSON.stringify(others);
}
