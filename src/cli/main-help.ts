import { COMMANDS } from "./command-table.ts";
import { commandLines, exitLines, optionLines } from "./help.ts";
import { ALWAYS } from "./parse.ts";
import { SERVE_OPTIONS } from "./serve/arguments.ts";

/** Shown by `--help`. */
export const HELP: string = `switchboard - every hostname gets its own server, on demand

Usage: switchboard [module] [options]
       switchboard --apps DIR [options]
       switchboard COMMAND ...             (switchboard help COMMAND)

  module                 a JS or TS file; its default export is an Express app, or an app
                         factory taking { hostname, server, signal }. It answers every name.
                         Without it, --apps or a config file: a demo app. One that is called
                         like a command is given as ./ls

Options
${optionLines({ ...SERVE_OPTIONS, ...ALWAYS })}

TIME is a number with a unit: 500ms, 10s, 15m, 2h.

Commands, all but the first for a switchboard that runs
${commandLines(COMMANDS)}

Exit codes
${exitLines()}

Try it: switchboard, then open http://hello.localhost:8000
`;
