import { SwitchboardError } from "../../base/errors.ts";
import { checkHostname } from "../../base/hostname.ts";

/** A command: a line for the shell, or a program and its arguments, which no shell sees. */
export type Command = string | readonly string[];

/** What a command is told. */
export interface CommandFacts {
  port: number;
  host: string;
  hostname: string;
}

const MAX_TEXT = 200;

const PLACEHOLDER = /\{(port|host|hostname)\}/g;

/** The program to start, and its arguments, with `{port}`, `{host}` and `{hostname}` replaced. */
export function toArguments(command: Command, facts: CommandFacts): [file: string, ...args: string[]] {
  const replace = (text: string) =>
    text.replace(PLACEHOLDER, (_all, name: keyof CommandFacts) => replacement(name, facts));
  if (typeof command === "string") return ["/bin/sh", "-c", replace(command)];
  return command.map(replace) as [string, ...string[]];
}

/** The command as a person would type it, for messages; a long one is cut. */
export function toText(command: Command): string {
  const text = typeof command === "string" ? command : command.join(" ");
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
}

/**
 * A port and an address have nothing that a shell or an option parser reads, in quotes or without. A hostname has only
 * letters, digits, `-`, `_` and dots, which is checked here once more; at the start of an argument a `-` makes it an option.
 */
function replacement(name: keyof CommandFacts, facts: CommandFacts): string {
  if (name !== "hostname") return String(facts[name]);
  const hostname = checkHostname(facts.hostname);
  if (!hostname.startsWith("-")) return hostname;
  const message = `"${hostname}" cannot stand for {hostname} in a command, which would read it as an option; use SWITCHBOARD_HOSTNAME`;
  throw new SwitchboardError("START_FAILED", message, { hostname });
}
