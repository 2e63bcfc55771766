import { badAnswer } from "./forward-failure.ts";
import { MAX_HEAD, parseTrailers } from "./response-head.ts";

/** A size, and extensions that nobody uses (RFC 9112 section 7.1.1). */
const SIZE_LINE =
  /^([0-9a-f]{1,13})(?:;[!#$%&'*+.^_`|~\w-]+(?:=(?:[!#$%&'*+.^_`|~\w-]+|"(?:[\t\x20\x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t\x20-\x7e\x80-\xff])*"))?)*$/i;
const MAX_SIZE_LINE = 4 * 1024;
const EMPTY = Buffer.alloc(0);

const SIZE = 0;
const DATA = 1;
const DATA_END = 2;
const TRAILERS = 3;

/** Takes a body out of its chunks (RFC 9112 section 7.1). Strict: lines end with CRLF, and sizes are nothing but digits. */
export class ChunkedBody {
  /** The trailers, once the last chunk has come. */
  trailers: string[] | undefined;
  #state = SIZE;
  #left = 0;
  /** The beginning of a line, or of the trailers, whose end has not come. */
  #pending: Buffer = EMPTY;

  /** Takes bytes, and gives what is body to `body`. Returns the bytes after the end of the body. */
  push(chunk: Buffer, body: (part: Buffer) => void): Buffer {
    let rest = chunk;
    while (rest.length > 0 && this.trailers === undefined) {
      if (this.#state === DATA) {
        const part = rest.subarray(0, this.#left);
        rest = rest.subarray(part.length);
        this.#left -= part.length;
        if (this.#left === 0) this.#state = DATA_END;
        body(part);
      } else {
        rest = this.#pushLine(rest);
      }
    }
    return rest;
  }

  #pushLine(chunk: Buffer): Buffer {
    const limit = this.#state === TRAILERS ? MAX_HEAD : MAX_SIZE_LINE;
    const before = this.#pending.length;
    const bytes = before === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    const end =
      this.#state === TRAILERS ? endOfTrailers(bytes, before) : bytes.indexOf("\r\n", Math.max(0, before - 1));
    if (end > limit || (end === -1 && bytes.length > limit)) throw badAnswer("a line between two chunks is too long");
    if (end === -1) {
      this.#pending = bytes;
      return EMPTY;
    }
    this.#pending = EMPTY;
    const line = bytes.toString("latin1", 0, end);
    if (this.#state === TRAILERS) {
      this.trailers = parseTrailers(line === "" ? "" : `\r\n${line}`);
      return bytes.subarray(end + (line === "" ? 2 : 4));
    }
    this.#readLine(line);
    return bytes.subarray(end + 2);
  }

  #readLine(line: string): void {
    if (this.#state === DATA_END) {
      if (line !== "") throw badAnswer("a chunk is longer than its size");
      this.#state = SIZE;
      return;
    }
    const size = SIZE_LINE.exec(line)?.[1];
    if (size === undefined) throw badAnswer(`${JSON.stringify(line.slice(0, 60))} is no size of a chunk`);
    this.#left = Number.parseInt(size, 16);
    this.#state = this.#left === 0 ? TRAILERS : DATA;
  }
}

/** Where the trailers end: at once when there are none, else before an empty line. */
function endOfTrailers(bytes: Buffer, from: number): number {
  if (bytes[0] === 0x0d && bytes[1] === 0x0a) return 0;
  return bytes.indexOf("\r\n\r\n", Math.max(0, from - 3));
}
