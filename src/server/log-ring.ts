import { StringDecoder } from "node:string_decoder";
import { tell } from "../base/events.ts";

/** How many lines are kept. */
const MAX_LINES = 1_000;

/** How long a line can be, in bytes; what is longer is cut. One million of them would be a log file, not a memory. */
const MAX_LINE_BYTES = 4_096;

const NEWLINE = 10;
const CARRIAGE_RETURN = 13;

/**
 * Where a line came from.
 *
 * **Lifetime.** None: a word.
 *
 * **Failure.** None.
 */
export type LogStream = "stdout" | "stderr";

/**
 * One line of output.
 *
 * **Lifetime.** It does not change; a line that grows is a new one each time.
 *
 * **Failure.** None: plain data. Bytes that are no UTF-8 are shown as U+FFFD.
 */
export interface LogLine {
  /**
   * Its number. Those of a hostname grow, in the order in which lines begin, also from one server to the next; some can be
   * left out. A line keeps its number while it grows.
   */
  readonly seq: number;
  /** Which output it was printed to. */
  readonly stream: LogStream;
  /** Without its newline. A line of more than 4,096 bytes is cut, and ends with `…`. */
  readonly text: string;
  /** Whether its newline has come. */
  readonly complete: boolean;
}

/**
 * The last 1,000 lines that a server printed. It takes bytes as they come: a line, or a character, may be split
 * over many chunks. Its size is bounded whatever is printed.
 *
 * **Lifetime.** It holds on to nothing but its lines and listeners, and can be read when its server has ended.
 *
 * **Failure.** A listener that throws is reported as a process warning, and the others hear of the line all the same.
 */
export class LogRing {
  #lines: LogLine[] = [];
  #last: number;
  readonly #open: Record<LogStream, OpenLine | undefined> = { stdout: undefined, stderr: undefined };
  readonly #listeners = new Set<(line: LogLine) => void>();

  /** @param after the number before that of its first line. */
  constructor(after: number = 0) {
    this.#last = after;
  }

  /** The highest number that it has given. */
  get last(): number {
    return this.#last;
  }

  /** The lines that are kept, oldest first; lines that have no newline yet come last. */
  lines(): LogLine[] {
    return [...this.#lines, ...this.#openLines()].slice(-MAX_LINES);
  }

  /** The last `count` lines. */
  tail(count: number): LogLine[] {
    return this.lines().slice(-count);
  }

  /** Calls `listener` with every line, and with each state of a line that has no newline yet. Returns how to stop that. */
  listen(listener: (line: LogLine) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Adds output. */
  write(stream: LogStream, bytes: Buffer): void {
    // Without listeners, lines that would fall out at once are not even looked at: output can come by the gigabyte.
    let from = this.#listeners.size > 0 ? 0 : startOfLast(bytes, MAX_LINES);
    if (from > 0) this.#open[stream] = undefined;
    for (let end = bytes.indexOf(NEWLINE, from); end !== -1; end = bytes.indexOf(NEWLINE, from)) {
      this.#add(this.#complete(stream, bytes, from, end));
      from = end + 1;
    }
    if (from < bytes.length) {
      const { seq, bytes: before } = this.#open[stream] ?? { seq: this.#next(), bytes: Buffer.alloc(0) };
      const open = { seq, bytes: join(before, bytes.subarray(from)) };
      this.#open[stream] = open;
      if (this.#listeners.size > 0) this.#tell(toLine(stream, open));
    }
  }

  /** Adds a whole line that somebody else has put together: it has a number of its own here. */
  add({ stream, text, complete }: LogLine): void {
    this.#add({ seq: this.#next(), stream, text, complete });
  }

  /** Forgets everything but its last number. */
  clear(): void {
    this.#lines = [];
    this.#open.stdout = this.#open.stderr = undefined;
  }

  #next(): number {
    this.#last += 1;
    return this.#last;
  }

  #complete(stream: LogStream, bytes: Buffer, from: number, end: number): LogLine {
    const open = this.#open[stream];
    if (open === undefined && end - from <= MAX_LINE_BYTES) {
      return { seq: this.#next(), stream, text: toText(bytes, from, end), complete: true };
    }
    const { seq, bytes: before } = open ?? { seq: this.#next(), bytes: Buffer.alloc(0) };
    this.#open[stream] = undefined;
    return { seq, stream, text: toBoundedText(join(before, bytes.subarray(from, end)), true), complete: true };
  }

  #add(line: LogLine): void {
    this.#lines.push(line);
    if (this.#lines.length >= 2 * MAX_LINES) this.#lines = this.#lines.slice(-MAX_LINES);
    this.#tell(line);
  }

  #tell(line: LogLine): void {
    for (const listener of this.#listeners) tell(listener, line);
  }

  *#openLines(): Iterable<LogLine> {
    for (const stream of ["stdout", "stderr"] as const) {
      const open = this.#open[stream];
      if (open !== undefined) yield toLine(stream, open);
    }
  }
}

/** A line that has no newline yet. */
interface OpenLine {
  seq: number;
  bytes: Buffer;
}

function toLine(stream: LogStream, { seq, bytes }: OpenLine): LogLine {
  return { seq, stream, text: toBoundedText(bytes, false), complete: false };
}

/** Where the last `count` lines of `bytes` begin; 0 when there are not more. */
function startOfLast(bytes: Buffer, count: number): number {
  let at = bytes.length;
  for (let left = count; left >= 0; left -= 1) {
    if (at === 0) return 0;
    at = bytes.lastIndexOf(NEWLINE, at - 1);
    if (at === -1) return 0;
  }
  return at + 1;
}

/** The bytes of one line, in memory of its own: a part of a chunk would keep the whole chunk. One too many tells of a cut. */
function join(line: Buffer, more: Buffer): Buffer {
  const room = MAX_LINE_BYTES + 1 - line.length;
  return room <= 0 ? line : Buffer.concat([line, more.subarray(0, room)]);
}

function toBoundedText(line: Buffer, complete: boolean): string {
  // A decoder leaves out a character of which only the first bytes are there.
  if (line.length > MAX_LINE_BYTES) return `${new StringDecoder("utf8").write(line.subarray(0, MAX_LINE_BYTES))}…`;
  return complete ? toText(line, 0, line.length) : new StringDecoder("utf8").write(line);
}

function toText(bytes: Buffer, from: number, end: number): string {
  const isCrlf = end > from && bytes[end - 1] === CARRIAGE_RETURN;
  return bytes.toString("utf8", from, isCrlf ? end - 1 : end);
}
