import { toTime } from "../base/duration.ts";
import { type ErrorSummary, insertPlace } from "../base/errors.ts";
import { count } from "../base/listing.ts";

/** What every event of a switchboard has. */
export interface AnyEvent {
  type: string;
  hostname?: string | undefined;
  [field: string]: unknown;
}

const REASONS: Readonly<Record<string, string>> = {
  shutdown: "it was asked to",
  idle: "nobody has used it for long",
  evicted: "another one needed its place",
  closing: "the switchboard ends",
};

/** What has happened, in one sentence. An event that is not known here is its type. */
export function eventText(event: AnyEvent): string {
  const name = event.hostname ?? "the switchboard";
  const sentence = SENTENCES[event.type];
  return sentence === undefined ? `${name}: ${event.type}` : sentence(event, name);
}

const SENTENCES: Readonly<Record<string, (event: AnyEvent, name: string) => string>> = {
  listening: ({ url }) => `The switchboard listens on ${url}.`,
  draining: ({ requests, sockets }) =>
    `The switchboard shuts down, with ${count(Number(requests), "request")} and ${count(Number(sockets), "socket")} in flight: new requests are refused.`,
  drained: ({ requestsCut, socketsCut, ms }) =>
    `The switchboard has drained in ${time(ms)}: ${requestsCut} requests and ${socketsCut} sockets were cut.`,
  report: ({ serversStopped, ms }) =>
    `The switchboard has ended in ${time(ms)}, with ${serversStopped} servers stopped.`,
  "front-error": ({ message }, name) => told(name, message),
  starting: (_event, name) => `${name} starts.`,
  declined: (_event, name) => `There is no app for ${name}.`,
  "slow-start": ({ reason, afterMs }, name) => `${name} is not ready after ${time(afterMs)}: ${reason}`,
  started: ({ port }, name) => `${name} runs on port ${port}.`,
  stopping: ({ reason }, name) => `${name} stops, because ${REASONS[String(reason)] ?? reason}.`,
  stopped: (_event, name) => `${name} has stopped.`,
  cut: ({ requests, sockets }, name) => `${name} was stopped with ${requests} requests and ${sockets} sockets open.`,
  error: ({ message, error }, name) =>
    told(name, insertPlace(String(message), placeOf(error as ErrorSummary | undefined))),
  "forward-error": ({ message, phase }, name) => `A request for ${name} was not forwarded (${phase}): ${message}`,
  "replica-started": ({ replica, port }, name) => `Replica ${replica} of ${name} runs on port ${port}.`,
  "replica-stopped": ({ replica }, name) => `Replica ${replica} of ${name} has stopped.`,
  "replica-failed": ({ replica, message }, name) => `Replica ${replica} of ${name} has failed: ${message}`,
  health: ({ replica, from, to, reason }, name) =>
    `${replica === undefined ? name : `Replica ${replica} of ${name}`} is ${to}, was ${from}: ${reason}.`,
  "backing-off": ({ delayMs }, name) => `${name} can be started again in ${time(delayMs)}.`,
  restarting: ({ delayMs }, name) => `${name} is started again in ${time(delayMs)}.`,
  failed: ({ message, retryAfterMs }, name) =>
    `${name} has failed, and is not started for ${time(retryAfterMs)}: ${message}`,
  recovered: ({ afterMs }, name) => `${name} is well again, ${time(afterMs)} after its first failure.`,
  changed: ({ file }, name) => `${name} starts again, because ${file} has changed.`,
  "circuit-opened": ({ retryAfterMs }, name) =>
    `The circuit of ${name} has opened${retryAfterMs === undefined ? "" : ` for ${time(retryAfterMs)}`}.`,
  "circuit-half-opened": (_event, name) => `The circuit of ${name} lets a few requests through.`,
  "circuit-closed": (_event, name) => `The circuit of ${name} has closed.`,
  blocked: ({ key, ms }) => `${key} is refused for ${time(ms)}, after too many requests.`,
  "timed-out": ({ waitedFor, afterMs }, name) => `${name} was too slow: no ${waitedFor} after ${time(afterMs)}.`,
};

function placeOf(error: ErrorSummary | undefined): string {
  return error?.where === undefined ? "" : ` (${error.where})`;
}

function time(ms: unknown): string {
  return toTime(Number(ms));
}

/** What was said, and of whom, unless it says so itself. */
function told(name: string, message: unknown): string {
  const text = String(message);
  return text.includes(`"${name}"`) ? text : `${name}: ${text}`;
}
