#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { ensure, exit, main, type Operation, spawn, suspend, withResolvers } from "effection";
import { SwitchboardError, toError } from "./base/errors.ts";
import { LONGEST_DELAY_MS } from "./base/options.ts";
import { type Arguments, HELP, parseArguments, toFlags, UsageError } from "./cli/arguments.ts";
import { createHumanOutput, createJsonOutput, type OutputEvent } from "./cli/output.ts";
import { useSignals } from "./cli/signals.ts";
import { loadApp } from "./server/module.ts";
import { useRunningSwitchboard } from "./start.ts";

/** What an app's own cleanup may take after the grace period, until the process ends all the same. */
const CLEANUP_MS = 5_000;

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
  const { json, module, config } = args;
  const print = json ? createJsonOutput(process.stdout) : createHumanOutput(process.stdout, args);
  const ended = withResolvers<number>();
  yield* useSignals({
    limitMs: Math.min(config.graceMs + CLEANUP_MS, LONGEST_DELAY_MS),
    first: ended.resolve,
    forced: (why) => process.stderr.write(`switchboard: ${why}; ending at once\n`),
  });
  yield* useProcessErrors(print);
  // A task of its own, because a signal may come while the module loads.
  yield* spawn(function* () {
    yield* exit(yield* ended.operation);
  });
  const app = module === undefined ? undefined : yield* loadApp(module, config.startTimeoutMs);
  yield* useRunningSwitchboard({ ...config, ...(app && { app }), onEvent: print });
  yield* suspend();
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
