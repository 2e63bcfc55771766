import type { Operation } from "effection";
import { toTime } from "../../base/duration.ts";
import { count } from "../../base/listing.ts";
import type { Breaker, Service } from "../client/api-types.ts";
import { servicePath, toName } from "../client/names.ts";
import { useApi } from "../client/session.ts";
import { CLIENT_OPTIONS, type Command } from "../command.ts";
import { UsageError } from "../exit-codes.ts";
import { type ParsedOptions, toChoice, toNumber } from "../parsed-options.ts";
import { note, print, printJson, printTable } from "../terminal/print.ts";
import type { Column } from "../terminal/table.ts";
import { toWord } from "./rows.ts";

export const start: Command = action("start", "start it now, without a request");
export const stop: Command = action("stop", "let it finish what it does, and stop it; a request starts it again");
export const restart: Command = action("restart", "stop it, and start it again");
export const pin: Command = action("pin", "start it, and keep it running", { pinned: true });
export const unpin: Command = action("unpin", "let it stop when nobody uses it", { pinned: false });

/** A command that does one thing to one name. */
function action(name: string, summary: string, body?: object): Command {
  const path = body === undefined ? name : "pin";
  return {
    name,
    args: ["NAME"],
    summary,
    options: CLIENT_OPTIONS,
    run: ([hostname = ""], options) => change(servicePath(hostname, path), body, options),
  };
}

/** As the API has it. */
const MOST_REPLICAS = 64;

export const scale: Command = {
  name: "scale",
  args: ["NAME", "NUMBER"],
  summary: "run so many replicas of it",
  options: CLIENT_OPTIONS,
  run([name = "", amount = ""], options) {
    const replicas = toNumber("NUMBER", amount, MOST_REPLICAS, 1);
    return change(servicePath(name, "scale"), { replicas }, options);
  },
};

function* change(path: string, body: object | undefined, options: ParsedOptions): Operation<void> {
  const api = yield* useApi(options);
  const service = yield* api.send<Service>("POST", path, body ?? {});
  if (options.flag("json")) return yield* printJson(service);
  const { hostname, replicas, pinned } = service;
  const many = replicas.length > 1 ? `, ${count(replicas.length, "replica")}` : "";
  yield* print(`${hostname} is ${toWord(service)}${many}${pinned ? ", pinned" : ""}\n`);
}

const BREAKER_COLUMNS: readonly Column<Breaker>[] = [
  { title: "NAME", of: ({ hostname }) => hostname, least: 12 },
  { title: "STATE", of: ({ state }) => state, style: ({ state }) => (state === "closed" ? "green" : "red") },
  { title: "PROBE IN", of: ({ retryAfterMs }) => (retryAfterMs === null ? null : toTime(retryAfterMs)) },
];

const NO_BREAKERS =
  "there is no circuit breaker yet; names with the option circuitBreaker have one from their first request on";

export const breaker: Command = {
  name: "breaker",
  args: ["[NAME]", "[reset|open]"],
  summary: "circuit breakers: list, close or open them",
  details: [
    "breaker              lists them",
    "breaker NAME reset   closes it: requests come through again",
    "breaker NAME open    opens it: no request comes through",
  ],
  options: { for: { value: "TIME", help: "open it for so long", default: "until reset" }, ...CLIENT_OPTIONS },
  *run([name, act], options): Operation<void> {
    const hostname = name === undefined ? undefined : toName(name);
    const action = act === undefined ? undefined : toChoice("what to do", act, ["reset", "open"]);
    const forMs = options.ms("for");
    if (forMs !== undefined && action !== "open") throw new UsageError("--for is only for breaker NAME open");
    const api = yield* useApi(options);
    if (hostname !== undefined && action !== undefined) {
      const path = `api/breakers/${encodeURIComponent(hostname)}`;
      const changed = yield* api.send<Breaker>("POST", path, { action, forMs });
      if (options.flag("json")) yield* printJson(changed);
      else yield* print(`the circuit of ${hostname} is ${changed.state}\n`);
      return;
    }
    const { breakers } = yield* api.get<{ breakers: Breaker[] }>("api/breakers");
    const shown = breakers.filter((each) => hostname === undefined || each.hostname === hostname);
    if (options.flag("json")) yield* printJson({ breakers: shown });
    else if (shown.length > 0) yield* printTable(BREAKER_COLUMNS, shown);
    else note(NO_BREAKERS);
  },
};
