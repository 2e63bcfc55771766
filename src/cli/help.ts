import type { Command, OptionSpec } from "./command.ts";
import { EXIT_MEANINGS } from "./exit-codes.ts";
import { ALWAYS } from "./parse.ts";

/** What `--help` of a command prints. */
export function helpOf(command: Command): string {
  const { name, args, summary, details = [], options } = command;
  return `switchboard ${name} - ${summary}

Usage: switchboard ${[name, ...args].join(" ")} [options]
${details.length === 0 ? "" : `\n${indent(details)}\n`}
Options
${optionLines({ ...options, ...ALWAYS })}
`;
}

/** A line for each option, as wide as they need to be. */
export function optionLines(options: Readonly<Record<string, OptionSpec>>): string {
  return Object.entries(options)
    .flatMap(([name, spec]) => optionLine(name, spec))
    .join("\n");
}

/** A line for each command. */
export function commandLines(commands: readonly Command[]): string {
  return commands.map(({ name, args, summary }) => `  ${[name, ...args].join(" ").padEnd(28)} ${summary}`).join("\n");
}

/** What each exit code means. */
export function exitLines(): string {
  return EXIT_MEANINGS.map(([code, meaning]) => `  ${code.padEnd(15)} ${meaning}`).join("\n");
}

function optionLine(name: string, { value, short, help, default: standard }: OptionSpec): string[] {
  const [first, ...more] = typeof help === "string" ? [help] : help;
  const letter = short === undefined || name === "help" ? "" : `, -${short}`;
  const option = `--${name}${letter}${value === undefined ? "" : ` ${value}`}`;
  const told = standard === undefined ? first : `${first?.padEnd(46)} (default ${standard})`;
  return [`  ${option.padEnd(22)} ${told}`, ...more.map((line) => `${" ".repeat(25)}${line}`)];
}

function indent(lines: readonly string[]): string {
  return lines.map((line) => (line === "" ? "" : `  ${line}`)).join("\n");
}
