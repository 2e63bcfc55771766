import { existsSync } from "node:fs";
import { ensure, exit, type Operation, spawn, withResolvers } from "effection";
import { suggest } from "../base/suggest.ts";
import type { Command } from "./command.ts";
import { COMMANDS, findCommand } from "./command-table.ts";
import { serve } from "./commands/serve.ts";
import { EXIT, UsageError } from "./exit-codes.ts";
import { helpOf } from "./help.ts";
import { HELP } from "./main-help.ts";
import { readPackage } from "./package-facts.ts";
import { parseCommand, withCommandFirst } from "./parse.ts";
import { print } from "./terminal/print.ts";

/** Does what the command line asks for. */
export function* dispatch(given: readonly string[]): Operation<void> {
  const argv = withCommandFirst(COMMANDS, given);
  const [first, ...rest] = argv;
  if (first !== undefined && first !== serve.name && (first === "help" || findCommand(first))) yield* useReader();
  if (first === "help") return yield* help(rest);
  if (first === "version") return yield* printVersion();
  const command = findCommand(first);
  if (command === undefined) return yield* serveOrHelp(argv);
  try {
    const { args, options } = parseCommand(command, rest);
    if (options.flag("help")) yield* print(helpOf(command));
    else yield* command.run(args, options);
  } catch (error) {
    if (error instanceof UsageError) error.help = `switchboard help ${command.name}`;
    throw error;
  }
}

function* serveOrHelp(argv: readonly string[]): Operation<void> {
  // First, as what comes behind a command that is misspelt means nothing to `serve`.
  if (!argv[0]?.startsWith("-")) checkModule(argv[0]);
  const { args, options } = parseCommand(serve, argv);
  if (options.flag("help")) return yield* print(HELP);
  if (options.flag("version")) return yield* printVersion();
  checkModule(args[0]);
  yield* serve.run(args, options);
}

function printVersion(): Operation<void> {
  return print(`${readPackage().version}\n`);
}

function* help([name]: readonly string[]): Operation<void> {
  if (name === undefined) return yield* print(HELP);
  const command: Command | undefined = findCommand(name);
  if (command === undefined) throw unknownCommand(name);
  yield* print(helpOf(command));
}

/** A reader of the output that goes away, such as head, has had enough: that is no failure. */
function* useReader(): Operation<void> {
  const gone = withResolvers<void>();
  const onError = () => gone.resolve();
  process.stdout.on("error", onError);
  yield* ensure(() => void process.stdout.off("error", onError));
  yield* spawn(function* () {
    yield* gone.operation;
    yield* exit(EXIT.ok);
  });
}

/** A word that is no file was meant to be a command. */
function checkModule(module: string | undefined): void {
  if (module === undefined || /[./\\]/.test(module)) return;
  if (findCommand(module) !== undefined || module === "help") {
    throw new UsageError(`the command comes first: switchboard ${module} ...; a module of that name is ./${module}`);
  }
  if (!existsSync(module)) throw unknownCommand(module);
}

function unknownCommand(name: string): UsageError {
  const meant = suggest(name, [...COMMANDS.map((command) => command.name), "help", "version"]);
  const guess = meant === undefined ? "" : `; did you mean ${meant}?`;
  return new UsageError(`there is no command ${JSON.stringify(name)}, and no such file${guess}`);
}
