import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { type Context, createContext, ensure, type Operation, resource } from "effection";
import { toHostname } from "../base/hostname.ts";
import {
  checkKnownOptions,
  choiceOption,
  durationOption,
  fail,
  integerOption,
  LONGEST_DELAY_MS,
  textOption,
} from "../base/options.ts";
import { noteOutcome, recordOf } from "../base/request-record.ts";
import { toPath } from "../base/request-target.ts";
import type { FaultSelection, Faults } from "../resilience/faults.ts";
import type { Problem } from "../server/problem.ts";
import { cutBody, slowBody } from "./fault-body.ts";
import { excuse } from "./guard.ts";

/**
 * What goes wrong with some requests, on purpose.
 *
 * - `latency`: delivered after `ms`, and up to `jitterMs` more.
 * - `status`: answered with `status`; no server is asked or started.
 * - `refuse`: answered with 502, as if the server had refused the connection.
 * - `abort`: the connection is reset before the answer begins.
 * - `cut`: the connection is reset after `afterBytes` of the body.
 * - `slow-body`: the body comes at `bytesPerSecond`.
 * - `unhealthy`: the health checks of its servers fail, whatever they answer; `method` and `path` make no difference.
 *
 * **Lifetime.** Read when it is set.
 *
 * **Failure.** A wrong value throws `INVALID_OPTION` when it is set. Zero is off: such a fault does
 * nothing, except that `afterBytes: 0` cuts before the first byte.
 */
export type Fault = FaultSelection & {
  /** The hostname it strikes, also one that has no server yet; `*` is every one. */
  hostname: string;
  /** Only requests of this method. @default every method */
  method?: string | undefined;
  /** Only paths, without their query, that are this one; `*` stands for anything. @default every path */
  path?: string | undefined;
} & (
    | { kind: "latency"; ms: number; jitterMs?: number | undefined }
    | { kind: "status"; status: number }
    | { kind: "refuse" }
    | { kind: "abort" }
    | { kind: "cut"; afterBytes: number }
    | { kind: "slow-body"; bytesPerSecond: number }
    | { kind: "unhealthy" }
  );

const SELECTION = ["kind", "hostname", "method", "path", "percentage", "seed", "first", "durationMs"] as const;
/** What each kind knows besides. */
const OPTIONS = {
  latency: ["ms", "jitterMs"],
  status: ["status"],
  refuse: [],
  abort: [],
  cut: ["afterBytes"],
  "slow-body": ["bytesPerSecond"],
  unhealthy: [],
} as const satisfies Record<Fault["kind"], readonly string[]>;

/**
 * How to set a fault of the surrounding switchboard.
 *
 * **Lifetime.** Set for everything below the owner of the switchboard.
 *
 * **Failure.** `yield* FaultContext.expect()` throws where there is no switchboard around.
 */
export const FaultContext: Context<(fault: Fault) => () => void> =
  createContext<(fault: Fault) => () => void>("effection-switchboard.fault");

/**
 * Makes something go wrong with some requests of the surrounding switchboard.
 *
 * **Lifetime.** From now until its owner ends, in every case.
 *
 * **Failure.** Throws `INVALID_OPTION` for a fault that makes no sense, before anything is changed.
 *
 * ```ts
 * yield* useSwitchboard({ port: 8000 }, pool);
 * yield* useFault({ hostname: "shop", kind: "latency", ms: 300, percentage: 10 });
 * ```
 */
export function useFault(fault: Fault): Operation<void> {
  const checked = checkFault(fault);
  return resource(function* (provide) {
    const set = yield* FaultContext.expect();
    yield* ensure(set(checked));
    yield* provide();
  });
}

/** Checks what a fault is to do, and gives its hostname as requests will have it. */
export function checkFault(fault: Fault): Fault {
  const kind = choiceOption("kind", fault?.kind, Object.keys(OPTIONS) as Fault["kind"][]);
  checkKnownOptions(`a fault of kind "${kind}"`, fault, [...SELECTION, ...OPTIONS[kind]]);
  const hostname = fault.hostname === "*" ? "*" : typeof fault.hostname === "string" && toHostname(fault.hostname);
  if (!hostname) return fail("hostname", 'a hostname, or "*"', fault.hostname);
  if (fault.method !== undefined) textOption("method", fault.method);
  if (fault.path !== undefined && !/^[/*]/.test(textOption("path", fault.path))) {
    fail("path", 'a path that begins with "/" or "*"', fault.path);
  }
  if (fault.kind === "latency") {
    durationOption("ms", fault.ms);
    durationOption("jitterMs", fault.jitterMs ?? 0);
  }
  if (fault.kind === "status") integerOption("status", fault.status, 400, 599);
  if (fault.kind === "cut") integerOption("afterBytes", fault.afterBytes, 0, Number.MAX_SAFE_INTEGER);
  if (fault.kind === "slow-body") integerOption("bytesPerSecond", fault.bytesPerSecond, 0, Number.MAX_SAFE_INTEGER);
  return { ...fault, hostname };
}

/** What a fault can do to a request. */
export interface Struck {
  request: IncomingMessage;
  /** `undefined` for an upgrade. */
  response: ServerResponse | undefined;
  /** It was an upgrade that no app takes, and was struck as that: now it has a body. */
  again: boolean;
  refuse(problem: Problem): void;
  /** Goes on as if nothing had been. */
  deliver(): void;
}

/** Lets a fault strike, if one does. Otherwise the request is delivered at once. */
export function strike(faults: Faults<Fault>, hostname: string, struck: Struck): void {
  const { request } = struck;
  const picked = faults.pick((fault) => concerns(fault, struck) && fits(fault, hostname, request));
  if (picked === undefined || picked.fault.kind === "unhealthy") struck.deliver();
  else {
    const record = recordOf(request);
    if (record !== undefined) record.fault = picked.fault.kind;
    inflict(picked.fault, picked.random, hostname, struck);
  }
}

/** Whether a fault is to fail a health check of `hostname`. */
export function failsCheck(faults: Faults<Fault>, hostname: string): boolean {
  if (faults.size === 0) return false;
  return faults.pick((fault) => fault.kind === "unhealthy" && isFor(fault, hostname)) !== undefined;
}

function inflict(
  fault: Exclude<Fault, { kind: "unhealthy" }>,
  random: () => number,
  hostname: string,
  struck: Struck,
): void {
  const { request, response, refuse, deliver } = struck;
  switch (fault.kind) {
    case "latency":
      delay(Math.min(fault.ms + random() * (fault.jitterMs ?? 0), LONGEST_DELAY_MS), request, deliver);
      return;
    case "status":
      refuse({ status: fault.status, code: "FAULT", detail: "a fault was set for this request", hostname });
      return;
    case "refuse":
      refuse({ status: 502, code: "FAULT", detail: "a fault was set: its server refuses the connection", hostname });
      return;
    case "abort":
      noteOutcome(request, "failed", "FAULT");
      if (response !== undefined) excuse(response);
      reset(request.socket);
      return;
    case "cut":
      if (response !== undefined) {
        cutBody(response, fault.afterBytes, () => {
          noteOutcome(request, "failed", "FAULT");
          excuse(response);
        });
      }
      deliver();
      return;
    case "slow-body":
      if (response !== undefined && fault.bytesPerSecond > 0) slowBody(response, fault.bytesPerSecond);
      deliver();
      return;
    default:
      fault satisfies never;
  }
}

/** One that has been ended cannot be reset any more: Node would give up half way, and never emit its `close`. */
function reset(socket: Socket): void {
  if (socket.writable) socket.resetAndDestroy();
  else socket.destroy();
}

function delay(ms: number, request: IncomingMessage, deliver: () => void): void {
  const { socket } = request;
  if (ms <= 0) {
    deliver();
    return;
  }
  const record = recordOf(request);
  const beforeUs = record?.elapsedUs() ?? 0;
  const timer = setTimeout(() => {
    socket.off("close", leave);
    if (record !== undefined) {
      record.admittedUs = record.elapsedUs();
      record.faultUs = record.admittedUs - beforeUs;
    }
    deliver();
  }, ms);
  const leave = () => clearTimeout(timer); // nobody waits any more
  socket.on("close", leave);
}

function concerns({ kind }: Fault, { response, again }: Struck): boolean {
  if (kind === "unhealthy") return false; // it strikes health checks alone
  return kind === "cut" || kind === "slow-body" ? response !== undefined : !again;
}

function isFor({ hostname }: Fault, wanted: string): boolean {
  return hostname === "*" || hostname === wanted;
}

function fits(fault: Fault, wanted: string, request: IncomingMessage): boolean {
  const { method, path } = fault;
  if (!isFor(fault, wanted)) return false;
  if (method !== undefined && method.toUpperCase() !== request.method) return false;
  if (path === undefined) return true;
  const [asked = ""] = toPath(request.url ?? "").split("?", 1);
  return matches(path, asked);
}

/** `*` stands for anything. Part by part, because an expression with several would look at a long path for minutes. */
function matches(pattern: string, path: string): boolean {
  const [first = "", ...others] = pattern.split("*");
  const last = others.pop();
  if (last === undefined) return path === first;
  if (!path.startsWith(first) || path.length < first.length + last.length || !path.endsWith(last)) return false;
  let at = first.length;
  for (const part of others) {
    at = path.indexOf(part, at);
    if (at === -1) return false;
    at += part.length;
  }
  return at <= path.length - last.length;
}
