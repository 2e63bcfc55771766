#!/usr/bin/env node
import { exit, main, type Operation } from "effection";
import { SwitchboardError } from "./base/errors.ts";
import { dispatch } from "./cli/dispatch.ts";
import { CommandError, EXIT, UsageError } from "./cli/exit-codes.ts";
import { toFlags } from "./cli/serve/arguments.ts";
import { flushed, written } from "./cli/terminal/flush.ts";
import { printableLines } from "./cli/terminal/printable.ts";

/** What a reader of the output may take for what was printed before a failure. */
const FLUSH_MS = 2_000;

await main(function* () {
  try {
    yield* dispatch(process.argv.slice(2));
    // What is read later than it is written would be lost with the process.
    if (process.stdout.writableLength > 0) yield* written(process.stdout);
  } catch (error) {
    yield* endWith(error);
  }
});

function* endWith(error: unknown): Operation<void> {
  yield* flushed(process.stdout, FLUSH_MS);
  if (error instanceof CommandError) {
    const help = error instanceof UsageError ? `; see ${error.help}` : "";
    yield* exit(error.exitCode, `switchboard: ${printableLines(error.message)}${help}`);
  } else if (error instanceof SwitchboardError && error.code === "INVALID_OPTION") {
    yield* exit(EXIT.usage, `switchboard: ${toFlags(error.message)}; see switchboard --help`);
  } else if (error instanceof SwitchboardError) {
    yield* exit(EXIT.failed, `switchboard: ${error.message}`);
  } else {
    throw error;
  }
}
