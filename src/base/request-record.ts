import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { detach } from "./detach.ts";

/**
 * How a request ended:
 *
 * - `served`: its server has answered to the end, whatever the status.
 * - `refused`: no server was asked, or none had to answer; `code` says why.
 * - `failed`: its server could not be reached, or broke off; `code` says how.
 * - `timed-out`: its server, or the start of it, took too long.
 * - `client-gone`: the client left before the end.
 * - `cut`: a grace period was over, at the end of its server or of the switchboard.
 *
 * **Lifetime.** None: a word.
 *
 * **Failure.** None.
 */
export type RequestOutcome = "served" | "refused" | "failed" | "timed-out" | "client-gone" | "cut";

/**
 * Where the time of a request went, in milliseconds: one part after the other, together the whole.
 *
 * **Lifetime.** It does not change.
 *
 * **Failure.** None: a part that was never reached is 0.
 */
export interface RequestTimings {
  /** Until it was admitted: the checks, and the queue for its turn. */
  queuedMs: number;
  /** A delay that a fault has added. */
  faultMs: number;
  /** Until its server ran. */
  startingMs: number;
  /** Until there was a connection to a server that lives elsewhere. */
  connectingMs: number;
  /** Until the head of the answer was there. */
  firstByteMs: number;
  /** Until the response, or the upgraded socket, closed. */
  bodyMs: number;
}

/** A path that is longer is cut: the journal keeps many of them. */
const LONGEST_PATH = 512;

/**
 * What one request went through. Flat and written in place, because every request has one; what is derived from it is
 * worked out when somebody looks.
 *
 * **Lifetime.** From the arrival of the request; it does not change once it has finished.
 *
 * **Failure.** None: plain data.
 */
export class RequestRecord {
  /** Its place in the journal, from 1; 0 before it has one. */
  seq = 0;
  /** What `X-Request-Id` says of it. */
  readonly id: string;
  /** When it arrived, in milliseconds since 1970. */
  readonly time: number;
  /** The address of the client. */
  readonly client: string;
  /** The method. */
  readonly method: string;
  /** The target as it came, query included, up to 512 characters. */
  readonly path: string;
  /** Whether it is an upgrade, such as to a WebSocket. */
  upgrade: boolean;
  /** The hostname it was for; `undefined` when it named none that is served. */
  hostname: string | undefined = undefined;
  /** Where its server runs; `undefined` when it was given to none. */
  kind: "inline" | "thread" | "command" | "remote" | undefined = undefined;
  /** The port of its server. */
  port: number | undefined = undefined;
  /** Which replica it was given to, if there are any. */
  replica: number | undefined = undefined;
  /** The status of the answer; `undefined` when there was none. */
  status: number | undefined = undefined;
  /** How it ended; `undefined` while it is under way. */
  outcome: RequestOutcome | undefined = undefined;
  /** The code of the problem it was answered with, if the switchboard answered. */
  code: string | undefined = undefined;
  /** The kind of the fault that struck it, if one did. */
  fault: string | undefined = undefined;
  /** What arrived for it on its connection, head included, in bytes. */
  bytesIn = 0;
  /** What was sent for it on its connection, head included, in bytes. */
  bytesOut = 0;
  /** @internal When it arrived, on the clock of `performance.now()`. */
  readonly receivedAt: number;
  /**
   * @internal When it was admitted, in whole microseconds since it arrived, as are all below; 0 if that was not reached, or
   * not waited for. Whole numbers, because each other one would be an object of its own in memory.
   */
  admittedUs = 0;
  /** @internal How long a fault has delayed it. */
  faultUs = 0;
  /** @internal When its server ran. */
  readyUs = 0;
  /** @internal When there was a connection to its server. */
  connectedUs = 0;
  /** @internal When the head of the answer was there. */
  headUs = 0;
  /** @internal When it was over. */
  closedUs = 0;

  /** A request that arrives now. */
  constructor(id: string, client: string, method: string, path: string, upgrade: boolean) {
    this.id = id;
    this.client = client;
    this.method = method;
    this.path = path.length > LONGEST_PATH ? detach(path.slice(0, LONGEST_PATH)) : path;
    this.upgrade = upgrade;
    this.receivedAt = performance.now();
    this.time = Date.now();
  }

  /** @internal How long ago it arrived, in whole microseconds; at least one. */
  elapsedUs(): number {
    return Math.max(1, Math.round((performance.now() - this.receivedAt) * 1_000));
  }

  /** How long it took, in milliseconds; 0 while it is under way. */
  get durationMs(): number {
    return this.closedUs / 1_000;
  }

  /** Where its time went. */
  get timings(): RequestTimings {
    const { headUs, closedUs, faultUs } = this;
    const delivered = this.kind !== undefined;
    const answered = headUs || closedUs;
    const admitted = this.admittedUs || (delivered || this.readyUs ? 0 : answered);
    const ready = this.readyUs || (delivered ? admitted : answered);
    const connected = this.connectedUs || ready;
    return {
      queuedMs: toMs(admitted - faultUs),
      faultMs: toMs(faultUs),
      startingMs: toMs(ready - admitted),
      connectingMs: toMs(connected - ready),
      firstByteMs: toMs(answered - connected),
      bodyMs: toMs(closedUs - answered),
    };
  }

  /** As it is told to programs: the time as ISO 8601, with what is derived. */
  toJSON(): object {
    const { seq, id, client, hostname, kind, port, replica, method, path, upgrade, status, outcome, code, fault } =
      this;
    return {
      seq,
      id,
      time: new Date(this.time).toISOString(),
      client,
      hostname,
      kind,
      port,
      replica,
      method,
      path,
      upgrade,
      status,
      outcome,
      code,
      fault,
      bytesIn: this.bytesIn,
      bytesOut: this.bytesOut,
      durationMs: this.durationMs,
      timings: this.timings,
    };
  }
}

/** Where a request, or the socket of an upgrade, carries its record: whoever does something with it notes it there. */
const RECORD: unique symbol = Symbol("effection-switchboard.request-record");
type Recorded = (IncomingMessage | Duplex) & { [RECORD]?: RequestRecord | undefined };

/** The record of a request, if anybody observes it. */
export function recordOf(request: Recorded): RequestRecord | undefined {
  return request[RECORD];
}

/** From now on `request` has this record. */
export function setRecord(request: Recorded, record: RequestRecord | undefined): void {
  request[RECORD] = record;
}

/** How `request` will have ended, if nobody has said so before: told before it closes, by whoever ends it. */
export function noteOutcome(request: Recorded, outcome: RequestOutcome, code?: string): void {
  const record = request[RECORD];
  if (record === undefined) return;
  record.outcome ??= outcome;
  record.code ??= code;
}

function toMs(us: number): number {
  return Math.max(0, us) / 1_000;
}
