import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { toError } from "../base/errors.ts";
import { createRequestIds, giveRequestId, requestIdOf } from "../base/request-id.ts";
import { RequestRecord, recordOf, setRecord } from "../base/request-record.ts";
import type { RequestObserver } from "../observe/request-observer.ts";
import type { ServerInfo } from "../pool/server-info.ts";
import { hasLeft, isBrokenOff } from "../server/break-off.ts";
import { type ClientOf, peerAddress } from "../server/client.ts";
import type { Problem } from "../server/problem.ts";

/** What was counted of a connection for the requests before. */
interface Counted {
  in: number;
  out: number;
}

const COUNTED: unique symbol = Symbol("effection-switchboard.counted");
type CountedSocket = Duplex & { [COUNTED]?: Counted; bytesRead?: number; bytesWritten?: number };

/** Gives each request an id and a record, fills in what the front door knows of it, and tells the observer. */
export class Recorder {
  readonly #observer: RequestObserver;
  /** Who a client is, where there are proxies; without them it is the peer. */
  readonly #addressOf: (request: IncomingMessage) => string;
  readonly #nextId = createRequestIds();

  constructor(observer: RequestObserver, addressOf: (request: IncomingMessage) => string = addressOfPeer) {
    this.#observer = observer;
    this.#addressOf = addressOf;
  }

  /** A request has arrived, for a hostname or a refusal. `again`: it was an upgrade that no app wants. */
  began(request: IncomingMessage, goal: string | Problem, again: boolean): void {
    if (again) this.#beginAgain(request);
    else this.#tellBegan(this.#begin(request, goal, false));
  }

  /** An upgrade has arrived. It is told when somebody answers it: until then it may turn out to be a usual request. */
  beganUpgrade(request: IncomingMessage, socket: Duplex, goal: string | Problem): void {
    const record = this.#begin(request, goal, true);
    setRecord(socket, record);
    let told = false;
    const tell = () => {
      if (!told && record.upgrade) this.#tellBegan(record);
      told = true;
    };
    noteStatus(socket, record, tell);
    socket.on("close", () => {
      if (recordOf(socket) !== record) return;
      tell();
      if (record.status === undefined && record.kind !== undefined && !hasLeft(socket)) record.outcome ??= "failed";
      this.#finish(record, socket, record.status === undefined);
    });
  }

  /** `request` is an upgrade that no app wants, read again as a usual request: its record goes on. */
  #beginAgain(request: IncomingMessage): void {
    const record = recordOf(request.socket);
    if (record === undefined) return;
    setRecord(request.socket, undefined);
    setRecord(request, record);
    giveRequestId(request, record.id);
    record.upgrade = false;
    this.#tellBegan(record);
  }

  /** The response has closed. */
  finished(response: ServerResponse): void {
    const record = recordOf(response.req);
    if (record === undefined) return;
    if (record.kind !== undefined && isBrokenOff(response)) record.outcome ??= "failed";
    this.#finish(record, response.req.socket, !response.writableFinished);
  }

  #begin(request: IncomingMessage, goal: string | Problem, upgrade: boolean): RequestRecord {
    const { method = "", url = "" } = request;
    const given = requestIdOf(request);
    const id = given ?? this.#nextId();
    if (given === undefined) giveRequestId(request, id);
    const record = new RequestRecord(id, this.#addressOf(request), method, url, upgrade);
    if (typeof goal === "string") record.hostname = goal;
    setRecord(request, record);
    return record;
  }

  /** @param unfinished its answer did not come to its end. */
  #finish(record: RequestRecord, socket: CountedSocket, unfinished: boolean): void {
    record.closedUs = record.elapsedUs();
    record.outcome ??= outcomeOf(record, unfinished);
    const { bytesRead = 0, bytesWritten = 0 } = socket;
    const counted = countedOf(socket);
    record.bytesIn = bytesRead - counted.in;
    record.bytesOut = bytesWritten - counted.out;
    counted.in = bytesRead;
    counted.out = bytesWritten;
    this.#tellFinished(record);
  }

  #tellBegan(record: RequestRecord): void {
    try {
      this.#observer.began(record);
    } catch (thrown) {
      process.emitWarning(toError(thrown));
    }
  }

  #tellFinished(record: RequestRecord): void {
    try {
      this.#observer.finished(record);
    } catch (thrown) {
      process.emitWarning(toError(thrown));
    }
  }
}

/** @param clientOf who a client is, where there are proxies. */
export function createRecorder(
  observer: RequestObserver | undefined,
  clientOf: ClientOf | undefined,
): Recorder | undefined {
  if (observer === undefined) return undefined;
  return new Recorder(observer, clientOf && ((request) => clientOf(request).address));
}

/** `request` is given to the server `info` now. */
export function noteDelivery(request: IncomingMessage, { kind, port }: ServerInfo): void {
  const record = recordOf(request);
  if (record === undefined) return;
  record.kind = kind;
  record.port ??= port;
}

/** The server of `request` runs, after it was waited for. */
export function noteReady(request: IncomingMessage): void {
  const record = recordOf(request);
  if (record?.closedUs === 0) record.readyUs = record.elapsedUs();
}

/** `request` was let through, after it had waited. */
export function noteAdmission(request: IncomingMessage): void {
  const record = recordOf(request);
  if (record?.closedUs === 0) record.admittedUs = record.elapsedUs();
}

function outcomeOf({ code, status, kind }: RequestRecord, unfinished: boolean): RequestRecord["outcome"] {
  if (code === undefined) return unfinished ? "client-gone" : "served";
  if (status === 504) return "timed-out";
  return kind !== undefined || code === "START_FAILED" ? "failed" : "refused";
}

/** The status of an upgrade stands in the first bytes that are sent, whoever sends them. */
function noteStatus(socket: Duplex, record: RequestRecord, answered: () => void): void {
  const own = socket as unknown as { write?: unknown; end?: unknown };
  const note = (chunk: unknown) => {
    delete own.write;
    delete own.end;
    record.headUs = record.elapsedUs();
    const head = chunk instanceof Uint8Array ? Buffer.from(chunk.subarray(0, 12)).toString("latin1") : String(chunk);
    const status = /^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1];
    if (status !== undefined) record.status = Number(status);
    answered();
  };
  own.write = (...args: unknown[]) => {
    note(args[0]);
    return Reflect.apply(socket.write, socket, args);
  };
  own.end = (...args: unknown[]) => {
    if (typeof args[0] === "function" || args[0] === undefined || args[0] === null) delete own.end;
    else note(args[0]);
    return Reflect.apply(socket.end, socket, args);
  };
}

function countedOf(socket: CountedSocket): Counted {
  socket[COUNTED] ??= { in: 0, out: 0 };
  return socket[COUNTED];
}

function addressOfPeer({ socket }: IncomingMessage): string {
  return peerAddress(socket);
}
