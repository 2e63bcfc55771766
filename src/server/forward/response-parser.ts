import { ChunkedBody } from "./chunked-body.ts";
import { badAnswer } from "./forward-failure.ts";
import { MAX_HEAD, parseHead, type ResponseHead } from "./response-head.ts";

/** Who hears what a server answers, in this order: any number of `interim`, then `head`, `body` as it comes, `end`. */
export interface ResponseReader {
  /** A head with a status below 200 other than 101. */
  interim(head: ResponseHead): void;
  /** The head of the answer; of 101, too, after which nothing more is read. */
  head(head: ResponseHead): void;
  body(part: Buffer): void;
  end(trailers: string[]): void;
}

/** Some servers send a 100 or 103 each; more than this is a flood. */
const MAX_INTERIM = 32;
const START = "HTTP/1.";
const NONE: string[] = [];

const IDLE = 0;
const HEAD = 1;
const LENGTH = 2;
const CHUNKS = 3;
const CLOSE = 4;

/**
 * Reads the answers that come over one connection, one at a time, strictly as RFC 9112 says. Memory is bounded: a
 * head is at most 64 KiB, and bodies are passed on as they come.
 */
export class ResponseParser {
  #reader: ResponseReader | undefined;
  #state = IDLE;
  #isHead = false;
  #interims = 0;
  #pending: Buffer | undefined;
  #left = 0;
  #chunks: ChunkedBody | undefined;
  /** What came after the end of an answer, or after the head of an upgrade. */
  surplus: Buffer | undefined;

  /** Expects the answer to a request with `method`. */
  expect(method: string, reader: ResponseReader): void {
    this.#reader = reader;
    this.#isHead = method === "HEAD";
    this.#interims = 0;
    this.#state = HEAD;
  }

  /** Reads nothing more. */
  stop(): void {
    this.#reader = undefined;
    this.#state = IDLE;
  }

  /** Whether the body ends with the connection. */
  get endsWithConnection(): boolean {
    return this.#state === CLOSE;
  }

  /** Takes bytes from the server. Throws a failure with the code `BAD_ANSWER` for what is no answer. */
  push(chunk: Buffer): void {
    let rest = chunk;
    while (rest.length > 0) {
      switch (this.#state) {
        case HEAD:
          rest = this.#pushHead(rest);
          break;
        case LENGTH: {
          const part = rest.subarray(0, this.#left);
          rest = rest.subarray(part.length);
          this.#left -= part.length;
          this.#reader?.body(part);
          if (this.#left === 0) this.#end(NONE);
          break;
        }
        case CHUNKS: {
          const chunks = this.#chunks as ChunkedBody;
          rest = chunks.push(rest, (part) => this.#reader?.body(part));
          if (chunks.trailers !== undefined) this.#end(chunks.trailers);
          break;
        }
        case CLOSE:
          this.#reader?.body(rest);
          return;
        default:
          this.surplus = this.surplus === undefined ? rest : Buffer.concat([this.surplus, rest]);
          return;
      }
    }
  }

  /** The server has ended its side. Does nothing unless that is the end of a body. */
  finish(): void {
    if (this.#state === CLOSE) this.#end(NONE);
  }

  #pushHead(chunk: Buffer): Buffer {
    const before = this.#pending?.length ?? 0;
    const bytes = this.#pending === undefined ? chunk : Buffer.concat([this.#pending, chunk]);
    const end = bytes.indexOf("\r\n\r\n", Math.max(0, before - 3), "latin1");
    if (end > MAX_HEAD || (end === -1 && bytes.length > MAX_HEAD)) throw badAnswer("its head is larger than 64 KiB");
    if (end === -1) {
      checkBeginning(bytes, before);
      this.#pending = bytes;
      return bytes.subarray(bytes.length);
    }
    this.#pending = undefined;
    this.#take(parseHead(bytes.toString("latin1", 0, end)));
    return bytes.subarray(end + 4);
  }

  #take(head: ResponseHead): void {
    if (head.status < 200 && head.status !== 101) {
      this.#interims += 1;
      if (this.#interims > MAX_INTERIM) throw badAnswer(`more than ${MAX_INTERIM} interim answers`);
      if (!head.keepAlive) throw badAnswer("an interim answer says that the connection closes");
      this.#reader?.interim(head);
      return;
    }
    this.#state = this.#bodyState(head);
    this.#reader?.head(head);
    if (this.#state === IDLE && head.status !== 101) this.#end(NONE);
  }

  #bodyState({ status, body }: ResponseHead): number {
    if (this.#isHead || status === 101 || status === 204 || status === 304 || body === 0) return IDLE;
    if (body === "close") return CLOSE;
    if (body === "chunks") {
      this.#chunks = new ChunkedBody();
      return CHUNKS;
    }
    this.#left = body;
    return LENGTH;
  }

  #end(trailers: string[]): void {
    const reader = this.#reader;
    this.#state = IDLE;
    this.#chunks = undefined;
    this.#reader = undefined;
    reader?.end(trailers);
  }
}

/** Finds early that no head will come: text that is no HTTP, or lines that end with LF alone. */
function checkBeginning(bytes: Buffer, from: number): void {
  const start = bytes.toString("latin1", 0, START.length);
  if (!START.startsWith(start)) throw badAnswer(`it begins with ${JSON.stringify(start)}`);
  for (let lf = bytes.indexOf(0x0a, from); lf !== -1; lf = bytes.indexOf(0x0a, lf + 1)) {
    if (bytes[lf - 1] !== 0x0d) throw badAnswer("its lines end with LF alone");
  }
}
