#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { ensure, exit, main, type Operation, spawn, suspend, withResolvers } from "effection";
import { SwitchboardError, toError } from "./base/errors.ts";
import { tell } from "./base/events.ts";
import { LONGEST_DELAY_MS } from "./base/options.ts";
import { type Arguments, DEFAULTS, HELP, parseArguments, toFlags, UsageError } from "./cli/arguments.ts";
import { loadConfig } from "./cli/config-file.ts";
import { createHumanOutput, createJsonOutput, type OutputEvent, type Shown } from "./cli/output.ts";
import { useSignals } from "./cli/signals.ts";
import { loadApp } from "./server/module.ts";
import { resolveApps } from "./start/apps.ts";
import type { RunConfig } from "./start/run-config.ts";
import { useRunningSwitchboard } from "./start.ts";

/** What an app's own cleanup may take after the grace period, until the process ends all the same. */
const CLEANUP_MS = 5_000;

/** The grace period, unless an option or the config file says otherwise. */
const GRACE_MS = 10_000;

/** What a config file or the module of an app may take to load, unless `--start-timeout` says otherwise. */
const LOAD_MS = 10_000;

await main(function* () {
  try {
    yield* command(process.argv.slice(2));
  } catch (error) {
    yield* endWith(error);
  }
});

function* command(argv: readonly string[]): Operation<void> {
  const args = parseArguments(argv);
  if (args.help) process.stdout.write(HELP);
  else if (args.version) process.stdout.write(`${version()}\n`);
  else yield* serve(args);
}

function* serve(args: Arguments): Operation<void> {
  const { json, module, given } = args;
  let config: RunConfig = { ...DEFAULTS, ...given };
  const shown = () => show(module, config);
  const print = json ? createJsonOutput(process.stdout) : createHumanOutput(process.stdout, shown);
  const ended = withResolvers<number>();
  yield* useSignals({
    limitMs: () => Math.min((config.graceMs ?? GRACE_MS) + CLEANUP_MS, LONGEST_DELAY_MS),
    first: ended.resolve,
    forced: (why) => process.stderr.write(`switchboard: ${why}; ending at once\n`),
  });
  yield* useProcessErrors(print);
  // A task of its own, because a signal may come while a file loads.
  yield* spawn(function* () {
    yield* exit(yield* ended.operation);
  });
  const limitMs = given.startTimeoutMs ?? LOAD_MS;
  const { app, apps, onEvent, ...others } = yield* loadConfig(args.configFile, limitMs);
  const isChosen = module !== undefined || given.apps !== undefined;
  config = { ...DEFAULTS, ...others, ...(isChosen ? {} : { app, apps }), ...given };
  if (module !== undefined) config.app = yield* loadApp(module, limitMs);
  yield* useRunningSwitchboard({
    ...config,
    onEvent(event) {
      print(event);
      if (onEvent !== undefined) tell(onEvent, event);
    },
  });
  yield* suspend();
}

/** What the start-up block says of the apps. */
function show(module: string | undefined, { app, apps, domains }: RunConfig): Shown {
  const names = apps === undefined ? [] : resolveApps(apps).names();
  const from = typeof apps === "string" ? apps : `${names.length} in the config file`;
  return {
    app: apps === undefined ? (module ?? (app && "that of the config file")) : from,
    hostname: names[0]?.replace("*", "hello") ?? "hello",
    domain: domains?.[0] ?? "localhost",
  };
}

/** An app on this event loop must not end the process with what it throws from a timer, or leaves uncaught in a promise. */
function* useProcessErrors(print: (event: OutputEvent) => void): Operation<void> {
  const onUncaught = (thrown: unknown) => {
    const error = toError(thrown);
    print({ type: "uncaught", error, message: error.message });
  };
  const onOutputError = () => {}; // a reader that went away, such as head: nothing is printed any more
  process.on("uncaughtException", onUncaught);
  process.on("unhandledRejection", onUncaught);
  process.stdout.on("error", onOutputError);
  yield* ensure(() => {
    process.off("uncaughtException", onUncaught);
    process.off("unhandledRejection", onUncaught);
    process.stdout.off("error", onOutputError);
  });
}

function* endWith(error: unknown): Operation<void> {
  if (error instanceof UsageError || (error instanceof SwitchboardError && error.code === "INVALID_OPTION")) {
    yield* exit(2, `switchboard: ${toFlags(error.message)}; see switchboard --help`);
  } else if (error instanceof SwitchboardError) {
    yield* exit(1, `switchboard: ${error.message}`);
  } else {
    throw error;
  }
}

function version(): string {
  const file = new URL("../package.json", import.meta.url);
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}
