/**
 * What the command ends with. Scripts rely on them: a number keeps its meaning, and new ones may come.
 *
 * A signal is 128 and its number: 129, 130 or 143.
 */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  unreachable: 3,
  unknownName: 4,
  notAllowed: 5,
  timedOut: 6,
} as const;

/** What each of them means, for help. */
export const EXIT_MEANINGS: readonly (readonly [string, string])[] = [
  ["0", "it went well"],
  ["1", "it failed"],
  ["2", "the command line is wrong"],
  ["3", "no switchboard was found, it does not answer, or it has ended"],
  ["4", "there is no such name"],
  ["5", "the token is missing or wrong, or may not do that"],
  ["6", "it was not ready in time (wait)"],
  ["129, 130, 143", "ended by SIGHUP, SIGINT (Ctrl-C), SIGTERM"],
];

/** Ends the command with `exitCode` and one sentence. */
export class CommandError extends Error {
  override readonly name = "CommandError";
  readonly exitCode: number;
  /** Where a request would start what was not found. */
  url: string | undefined;

  constructor(exitCode: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

/** A command line that cannot be understood. */
export class UsageError extends CommandError {
  /** What says more. */
  help = "switchboard --help";

  constructor(message: string) {
    super(EXIT.usage, message);
  }
}
