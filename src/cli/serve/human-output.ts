import { relative } from "node:path";
import { styleText } from "node:util";
import { toTime } from "../../base/duration.ts";
import { withPlace } from "../../base/errors.ts";
import { count } from "../../base/listing.ts";
import type { RequestRecord } from "../../base/request-record.ts";
import type { RunEvent } from "../../start/run-config.ts";
import { toClock } from "../terminal/clock.ts";
import { printable, printableLines } from "../terminal/printable.ts";
import type { Sink } from "./json-output.ts";
import { isPrinted, type LevelName, levelOf } from "./levels.ts";
import type { OutputEvent } from "./output-event.ts";

/** How many names one line has. */
const MOST_NAMES = 10;

type Style = Parameters<typeof styleText>[0];

/** What the start-up block says of the apps. */
export interface Shown {
  /** Where they come from; `undefined` for the demo. */
  app: string | undefined;
  /** A name that can be asked for, if there is one yet. */
  hostname: string | undefined;
  domain: string;
  /** Where the dashboard is; only a terminal is told the token. */
  dashboard?: { url: string; token: string | undefined } | undefined;
}

/**
 * A start-up block, one line per event, and the report. Colours only on a terminal that wants them. `shown` is asked when
 * the switchboard listens.
 */
export function createHumanOutput(
  sink: Sink,
  shown: () => Shown,
  least: LevelName = "info",
): (event: OutputEvent) => void {
  const colours = sink.isTTY === true && !process.env.NO_COLOR;
  const paint = (style: Style, text: string) => (colours ? styleText(style, text, { validateStream: false }) : text);
  let ends = false;
  return (event) => {
    ends ||= event.type === "draining";
    if (!isPrinted(levelOf(event), least)) return;
    if (ends && event.type === "backing-off") return; // nothing is started any more
    if (event.type === "listening") sink.write(startUp(event, shown(), paint, sink.isTTY === true));
    else if (event.type === "report") sink.write(report(event, paint));
    else {
      const line = describe(event, paint);
      if (line !== undefined) sink.write(`${paint("dim", toClock(new Date()))} ${line}\n`);
    }
  };
}

type Listening = Extract<RunEvent, { type: "listening" }>;

type Paint = (style: Style, text: string) => string;

function startUp({ url, port }: Listening, shown: Shown, paint: Paint, isTerminal: boolean): string {
  const app = shown.app ?? `the built-in demo; yours: ${paint("cyan", "switchboard ./app.ts")}`;
  return `
  ${paint("bold", "Switchboard")} gives every hostname its own server.

${openLines(shown, url, port, paint)}  App    ${app}
${dashboardLine(shown, paint, isTerminal)}  Stop   Ctrl-C

`;
}

function openLines({ hostname, domain }: Shown, url: string, port: number, paint: Paint): string {
  if (hostname === undefined) return "  Open   nothing yet: there is no app\n";
  const name = `${hostname}.${domain}`;
  return `  Open   ${paint("cyan", `http://${name}:${port}`)}
  Or     ${paint("cyan", `curl -H 'Host: ${name}' ${url}`)}
`;
}

function dashboardLine({ dashboard }: Shown, paint: Paint, isTerminal: boolean): string {
  if (dashboard === undefined) return "";
  const { url, token } = dashboard;
  return `  Look   ${paint("cyan", isTerminal && token !== undefined ? `${url}#token=${token}` : url)}\n`;
}

function report(event: Extract<RunEvent, { type: "report" }>, paint: Paint): string {
  const { serversStopped, requestsFinished, requestsCut, socketsCut, ms } = event;
  const cut = requestsCut + socketsCut;
  const cuts = `${count(requestsCut, "request")} and ${count(socketsCut, "socket")} cut`;
  return `
  ${paint("bold", "Stopped")} ${count(serversStopped, "server")} in ${ms} ms: ${count(requestsFinished, "request")} in flight finished, ${cut > 0 ? paint("yellow", cuts) : cuts}.
`;
}

function describe(event: OutputEvent, paint: Paint): string | undefined {
  switch (event.type) {
    case "started":
      return `${paint("green", "started")}  ${event.hostname} on port ${event.port}`;
    case "slow-start":
      return `${paint("yellow", "slow")}     ${event.hostname}: not ready after ${toTime(event.afterMs)}: ${printableLines(event.reason)}`;
    case "changed":
      return `${paint("cyan", "changed")}  ${event.hostname}: ${printable(relative("", event.file))}`;
    case "stopping":
      return `${paint("dim", "stopping")} ${event.hostname} (${REASONS[event.reason]})`;
    case "stopped":
      return `${paint("yellow", "stopped")}  ${event.hostname}`;
    case "cut":
      return `${paint("yellow", "cut")}      ${event.hostname}: ${count(event.requests, "request")}, ${count(event.sockets, "socket")}`;
    case "backing-off":
      return `${paint("yellow", "waiting")}  ${event.hostname}: failure ${event.failures}, next start possible in ${toTime(event.delayMs)}`;
    case "restarting":
      return `${paint("yellow", "restart")}  ${event.hostname}: attempt ${event.attempt} in ${toTime(event.delayMs)}`;
    case "failed":
      return `${paint("red", "failed")}   ${event.hostname}: not started for now; one trial start is possible after ${toTime(event.retryAfterMs)}`;
    case "recovered":
      return `${paint("green", "well")}     ${event.hostname}: has run without a failure, ${toTime(event.afterMs)} after the first`;
    case "replica-started":
      return `${paint("green", "joined")}   ${event.hostname}: replica ${event.replica} on port ${event.port}`;
    case "replica-stopped":
      return `${paint("yellow", "left")}     ${event.hostname}: replica ${event.replica}`;
    case "replica-failed":
      return `${paint("red", "lost")}     ${event.hostname}: replica ${event.replica}, ${again(event.retryAfterMs)}: ${printableLines(event.message)}`;
    case "health":
      return `${paint(HEALTH_STYLES[event.to], "health")}   ${toSubject(event)} is ${event.to}: ${printableLines(event.reason)}`;
    case "error":
      return `${paint("red", "error")}    ${event.hostname}: ${printableLines(withPlace(event.error))}`;
    case "forward-error":
      return `${paint("red", "error")}    ${event.hostname}: a request failed (${event.phase}): ${printableLines(event.message)}`;
    case "front-error":
      return `${paint("red", "error")}    ${event.hostname ?? "switchboard"}: ${printableLines(event.message)}`;
    case "circuit-opened": {
      const until =
        event.retryAfterMs === undefined ? "its circuit is closed" : `a probe in ${toTime(event.retryAfterMs)}`;
      return `${paint("red", "open")}     ${event.hostname}: gets no requests until ${until}`;
    }
    case "circuit-half-opened":
      return `${paint("yellow", "probing")}  ${event.hostname}: gets a few requests`;
    case "circuit-closed":
      return `${paint("green", "closed")}   ${event.hostname}: gets all requests again`;
    case "blocked":
      return `${paint("yellow", "blocked")}  ${printable(event.key)}: refused too often, no requests for ${toTime(event.ms)}`;
    case "timed-out":
      return `${paint("red", "slow")}     ${event.hostname}: no ${event.waitedFor === "head" ? "answer" : "more of an answer"} within ${toTime(event.afterMs)}`;
    case "uncaught":
      return `${paint("red", "error")}    an app did not catch: ${printableLines(event.error.stack ?? event.message)}`;
    case "request":
      return describeRequest(event.record, paint);
    case "lost":
      return `${paint("yellow", "lost")}     ${count(event.lost, "line")}: what reads this output is too slow`;
    case "draining":
      return `${paint("dim", "draining:")} ${waitedFor(event)} may finish; interrupt again to stop at once`;
    case "starting":
    case "declined":
    case "drained":
    case "listening":
    case "report":
      return undefined;
    default:
      return event satisfies never;
  }
}

function waitedFor({ requests, sockets, starting }: Extract<RunEvent, { type: "draining" }>): string {
  if (requests + sockets === 0) return "what is in flight";
  const starts = starting.length === 0 ? "" : ` (${starting.slice(0, MOST_NAMES).join(", ")} not started yet)`;
  return `${count(requests, "request")} and ${count(sockets, "socket")} in flight${starts}`;
}

function describeRequest(record: RequestRecord, paint: Paint): string {
  const { method, hostname = "-", path, status = "-", outcome = "-", durationMs } = record;
  const how = outcome === "served" ? "" : ` ${outcome}`;
  return `${paint("dim", "request")}  ${hostname}: ${printable(`${method} ${path}`)} ${status}${how} in ${durationMs.toFixed(1)} ms`;
}

const HEALTH_STYLES = { healthy: "green", degraded: "yellow", unhealthy: "red" } as const;

function toSubject({ hostname, replica }: Extract<OutputEvent, { type: "health" }>): string {
  return replica === undefined ? hostname : `${hostname}: replica ${replica}`;
}

function again(ms: number | undefined): string {
  return ms === undefined ? "not started again" : `started again in ${toTime(ms)}`;
}

const REASONS = {
  shutdown: "asked to",
  idle: "nobody used it",
  evicted: "another one needs its place",
  closing: "the switchboard ends",
};
