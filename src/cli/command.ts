import type { Operation } from "effection";
import type { ParsedOptions } from "./parsed-options.ts";

/** An option of a command, as it is parsed and as help tells it. */
export interface OptionSpec {
  /** What stands for its value in help, such as `TIME`; without it the option is a switch. */
  value?: string;
  /** Its one letter. */
  short?: string;
  /** It may be given several times. */
  multiple?: boolean;
  /** What it does; further lines are written below the first. */
  help: string | readonly string[];
  /** What counts without it, as help writes it. */
  default?: string;
}

/** One thing that the command line can do. */
export interface Command {
  name: string;
  /** Its arguments in their order, such as `NAME`; one that may be left out stands in brackets. */
  args: readonly string[];
  /** What it does, in a few words. */
  summary: string;
  /** What else there is to say, in whole lines. */
  details?: readonly string[];
  options: Readonly<Record<string, OptionSpec>>;
  run(args: readonly string[], options: ParsedOptions): Operation<void>;
}

/** What every command has that talks to a running switchboard. */
export const CLIENT_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  port: { value: "NUMBER", help: "the switchboard on this port of this machine", default: "the only one" },
  url: { value: "URL", help: "the switchboard at this address", default: "SWITCHBOARD_URL" },
  token: {
    value: "TOKEN",
    help: ["what to be let in with; others see it in ps", "(default SWITCHBOARD_TOKEN, or else its state file)"],
  },
  json: { help: "for programs: one JSON document, or one per line of a stream" },
};
