import { styleText } from "node:util";
import type { Operation } from "effection";
import { count } from "../../base/listing.ts";
import type { Command } from "../command.ts";
import type { Check } from "../doctor/check.ts";
import { checkFiles } from "../doctor/files-check.ts";
import { checkNames } from "../doctor/name-check.ts";
import { checkNode } from "../doctor/node-check.ts";
import { checkPort } from "../doctor/port-check.ts";
import { checkStates } from "../doctor/state-check.ts";
import { CommandError, EXIT } from "../exit-codes.ts";
import { fitLines } from "../terminal/fields.ts";
import { print, printJson, terminalWidth } from "../terminal/print.ts";
import { printable } from "../terminal/printable.ts";

const STYLES = { ok: "green", warn: "yellow", fail: "red" } as const;

export const doctor: Command = {
  name: "doctor",
  args: [],
  summary: "what is wrong with this machine, and the way out",
  details: [
    "Looks at Node, the port, names below localhost, the limit of open files, and",
    "state files of switchboards that have ended without removing them.",
  ],
  options: {
    port: { value: "NUMBER", help: "the port to look at", default: "8000" },
    "max-servers": { value: "NUMBER", help: "how many servers there are to be", default: "100" },
    fix: { help: "remove state files that are stale" },
    json: { help: "for programs: one JSON document" },
  },
  *run(_args, options): Operation<void> {
    const port = options.number("port", 65_535, 1) ?? 8_000;
    const maxServers = options.number("max-servers", 1_000_000, 1) ?? 100;
    const checks: Check[] = [
      checkNode(),
      yield* checkPort(port),
      yield* checkNames(),
      checkFiles(maxServers),
      ...(yield* checkStates(options.flag("fix") ?? false)),
    ];
    const failed = checks.filter(({ status }) => status === "fail").length;
    if (options.flag("json")) yield* printJson({ ok: failed === 0, checks });
    else yield* print(checks.map(toLines).join(""));
    if (failed > 0) throw new CommandError(EXIT.failed, `${count(failed, "check")} failed`);
  },
};

/** What was found, and below it the way out. */
function toLines({ name, status, detail, advice }: Check): string {
  const colours = process.stdout.isTTY && !process.env.NO_COLOR;
  const word = colours ? styleText(STYLES[status], status.padEnd(4), { validateStream: false }) : status.padEnd(4);
  const text = [detail, advice].filter((line) => line !== undefined).map(printable);
  return `${word}  ${name.padEnd(11)}  ${fitLines(text.join("\n"), 19, terminalWidth())}\n`;
}
