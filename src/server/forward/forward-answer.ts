import type { ServerResponse } from "node:http";
import { markBrokenOff } from "../break-off.ts";
import type { ResponseHead } from "./response-head.ts";

/** Where an answer comes from, and can be made to wait. */
export interface AnswerSource {
  pause(): void;
  resume(): void;
}

const SMALL = 16 * 1024;

/** The final answer of a server on its way to the client: head, body as fast as the client reads, trailers. */
export class Answer {
  readonly head: ResponseHead;
  /** Whether the head was given to the client: from then on the answer can only go on, or be cut. */
  begun = false;
  /** Whether the client has to read first. */
  paused = false;
  /** When the last part came, or the client made room, on the clock of `performance.now()`. */
  activeAt: number = performance.now();
  readonly #response: ServerResponse;
  #source: AnswerSource | undefined;
  #listens = false;
  /** The newest part of the body is held until all that has come was read: often it is the last. */
  #held: Buffer | undefined;

  constructor(response: ServerResponse, head: ResponseHead, source: AnswerSource) {
    this.#response = response;
    this.head = head;
    this.#source = source;
  }

  body(part: Buffer): void {
    if (this.#held !== undefined) this.#write(this.#held);
    this.#held = part;
    this.activeAt = performance.now();
  }

  /** Gives the client all there is: the head also when no body has come. */
  flush(): void {
    if (this.#held !== undefined) this.#write(this.#held);
    else if (!this.begun) {
      this.#begin();
      this.#response.flushHeaders();
    }
    this.#held = undefined;
  }

  /** All has come. */
  end(trailers: readonly string[]): void {
    this.#source = undefined; // it may serve another request by the time there is room
    if (this.#response.destroyed) return;
    if (!this.begun) this.#begin();
    if (trailers.length > 0 && this.#takesTrailers()) this.#response.addTrailers(toPairs(trailers));
    const last = this.#held;
    if (last === undefined) this.#response.end();
    // As text, byte by byte, a small body goes out in one piece with its head, which costs half as much.
    else if (last.length <= SMALL) this.#response.end(last.toString("latin1"), "latin1");
    else this.#response.end(last);
  }

  #begin(): void {
    const { status, reason, fields, body } = this.head;
    this.begun = true;
    this.#response.sendDate = false; // the server's own, or none
    // Node throws where it would announce trailers that it cannot send.
    const kept = body === "chunks" && !this.#takesTrailers() ? withoutTrailer(fields) : fields;
    this.#response.writeHead(status, reason, kept);
  }

  #write(part: Buffer): void {
    if (!this.begun) this.#begin();
    const response = this.#response;
    if (response.destroyed || response.write(part) || this.paused) return;
    this.paused = true;
    this.#source?.pause();
    if (this.#listens) return;
    this.#listens = true;
    response.on("drain", () => {
      this.paused = false;
      this.activeAt = performance.now();
      this.#source?.resume();
    });
  }

  #takesTrailers(): boolean {
    const { method, httpVersionMinor } = this.#response.req;
    return this.head.body === "chunks" && method !== "HEAD" && httpVersionMinor === 1;
  }
}

/** Ends an answer that has begun so that the client can tell: to HTTP/1.0 a usual close may be the end of the body. */
export function cut(response: ServerResponse): void {
  const { socket, httpVersionMinor } = response.req;
  markBrokenOff(response);
  if (httpVersionMinor === 0) socket.resetAndDestroy();
  else response.destroy();
}

/** A head as the lines of a message. */
export function toLines({ status, reason, fields }: ResponseHead, more = ""): string {
  let text = `HTTP/1.1 ${status} ${reason}\r\n`;
  for (let i = 0; i < fields.length; i += 2) text += `${fields[i]}: ${fields[i + 1]}\r\n`;
  return `${text}${more}\r\n`;
}

function withoutTrailer(fields: string[]): string[] {
  return fields.filter((_, i) => (fields[i - (i % 2)] as string).toLowerCase() !== "trailer");
}

function toPairs(fields: readonly string[]): [string, string][] {
  return fields.flatMap((name, i): [string, string][] => (i % 2 === 0 ? [[name, fields[i + 1] as string]] : []));
}
