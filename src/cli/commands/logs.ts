import type { Operation } from "effection";
import type { LogRow } from "../client/api-types.ts";
import { follow } from "../client/follow.ts";
import { toName } from "../client/names.ts";
import { useApi } from "../client/session.ts";
import { CLIENT_OPTIONS, type Command } from "../command.ts";
import { note, print, printJson } from "../terminal/print.ts";
import { printableLog } from "../terminal/printable.ts";

export const logs: Command = {
  name: "logs",
  args: ["NAME"],
  summary: "what a server has printed; -f goes on",
  details: ["Of one that has failed, and does not run, the last 20 lines before that."],
  options: {
    follow: { short: "f", help: "go on with what comes, until Ctrl-C" },
    lines: { value: "NUMBER", short: "n", help: "so many of the last", default: "100" },
    ...CLIENT_OPTIONS,
  },
  *run([name = ""], options): Operation<void> {
    const path = `api/logs/${encodeURIComponent(toName(name))}`;
    const amount = options.number("lines", 1_000, 1) ?? 100;
    const asJson = options.flag("json") ?? false;
    const follows = options.flag("follow") ?? false;
    const api = yield* useApi(options);
    // First, so that no line is lost between what was and what comes; those that come both ways have the same number.
    const stream = follows ? yield* api.stream(path) : undefined;
    const log = yield* api.get<Log>(path, { lines: amount });
    if (asJson && !follows) return yield* printJson(log);
    const known = new Set<number>();
    const show = function* (line: LogRow): Operation<void> {
      // One that is not complete comes again as it grows.
      if ((follows && !line.complete) || known.has(line.seq)) return;
      yield* asJson ? printJson(line) : print(`${printableLog(line.text)}\n`);
    };
    if (log.from === "failure" && log.lines.length > 0)
      note(`${name} does not run; its last start or run, which failed, ended so:`);
    for (const line of log.lines) yield* show(line);
    for (const { seq, complete } of log.lines) if (complete) known.add(seq);
    if (stream !== undefined) yield* follow(api, stream, (data) => show(data as LogRow));
    else if (log.lines.length === 0) note(`${name} ${NOTHING[log.from ?? "nobody"]}`);
  },
};

interface Log {
  from: "server" | "failure" | null;
  lines: LogRow[];
}

/** Why there are no lines. */
const NOTHING = {
  server: "has printed nothing, or is inline: that prints where the switchboard does",
  failure: "does not run, and had printed nothing when it failed; switchboard get says why",
  nobody: "does not run: nothing that it has printed is kept",
};
