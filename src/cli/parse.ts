import { parseArgs } from "node:util";
import { suggest } from "../base/suggest.ts";
import type { Command, OptionSpec } from "./command.ts";
import { UsageError } from "./exit-codes.ts";
import { ParsedOptions } from "./parsed-options.ts";

/** What a command line says. */
export interface Parsed {
  args: readonly string[];
  options: ParsedOptions;
}

/** Reads what comes after the name of `command`. Throws a {@link UsageError} that says what is wrong, and what was probably meant. */
export function parseCommand(command: Command, argv: readonly string[]): Parsed {
  const specs: Readonly<Record<string, OptionSpec>> = { ...command.options, ...ALWAYS };
  const { values, positionals } = read(argv, specs);
  const options = new ParsedOptions(values);
  if (options.flag("help") !== true) checkCount(command, positionals);
  return { args: positionals, options };
}

/** `argv` with its command first: an option that a command knows may stand before it, as in `--port 8000 ls`. */
export function withCommandFirst(commands: readonly Command[], argv: readonly string[]): readonly string[] {
  if (!argv[0]?.startsWith("-")) return argv;
  const at = argv.findIndex((word, index) => {
    const command = commands.find(({ name }) => name === word);
    return command !== undefined && firstArgument(command, argv) === index;
  });
  return at === -1 ? argv : [argv[at] as string, ...argv.slice(0, at), ...argv.slice(at + 1)];
}

/** Where the first word stands that is neither an option of `command` nor the value of one, if it knows all of them. */
function firstArgument(command: Command, argv: readonly string[]): number | undefined {
  try {
    const { tokens } = read(argv, { ...command.options, ...ALWAYS });
    return tokens.find(({ kind }) => kind === "positional")?.index;
  } catch {
    return undefined; // the words before it are those of another command
  }
}

/** What every command knows. */
export const ALWAYS: Readonly<Record<string, OptionSpec>> = { help: { short: "h", help: "print this" } };

function read(argv: readonly string[], specs: Readonly<Record<string, OptionSpec>>) {
  const options = Object.fromEntries(
    Object.entries(specs).map(([name, { value, short, multiple = false }]) => [
      name,
      { type: value === undefined ? ("boolean" as const) : ("string" as const), multiple, ...(short && { short }) },
    ]),
  );
  try {
    return parseArgs({ args: [...argv], allowPositionals: true, options, tokens: true });
  } catch (error) {
    const [sentence = ""] = (error as Error).message.split(/\n|\. To specify a positional/, 1);
    const unknown = /^Unknown option '--(.+)'$/.exec(sentence)?.[1];
    const meant = unknown === undefined ? undefined : suggest(unknown, Object.keys(specs));
    throw new UsageError(meant === undefined ? sentence : `${sentence}: did you mean --${meant}?`);
  }
}

function checkCount({ name, args }: Command, given: readonly string[]): void {
  const missing = args[given.length];
  if (missing !== undefined && !missing.startsWith("[")) throw new UsageError(`${name} needs ${missing}`);
  const [tooMuch] = given.slice(args.length);
  if (tooMuch === undefined) return;
  const takes = args.length === 0 ? "no argument" : args.join(" ");
  throw new UsageError(`${name} takes ${takes}: ${JSON.stringify(tooMuch)} is one too many`);
}
