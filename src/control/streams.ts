import type { ServerResponse } from "node:http";
import { noop } from "../base/operations.ts";
import { ControlError, shuttingDown } from "./control-error.ts";

/** How many streams there can be. Each holds a connection, and what its reader has not read. */
const MOST_STREAMS = 256;

/** How often a stream is given what has come. */
const TICK_MS = 250;

/** A comment this often keeps proxies from taking a quiet stream for a dead one. */
const HEARTBEAT_MS = 15_000;

/** With so many bytes unsent, nothing more is written: the reader is slower than what it reads. */
const MOST_UNSENT = 65_536;

/** How long the end of a stream may take to be sent: what its connection holds may be as much as fits. */
const LINGER_MS = 500;

/** So many records are sent in a tick, over all streams, before they are told how many were left out. */
const MOST_RECORDS = 10_000;

/**
 * All streams of Server-Sent Events. One timer serves them, for as long as there are any: what has come is looked up where
 * it is kept anyway, so that nobody pays for a stream, or for a reader that is stalled, but the stream itself.
 */
export class Streams {
  readonly #open = new Set<EventStream>();
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  /** How many records each stream can be sent in a tick: all of them together stay within what one machine does on the side. */
  get share(): number {
    return Math.floor(MOST_RECORDS / Math.max(10, this.#open.size));
  }

  /** Begins to answer with a stream. Throws when there are too many, or all drains. */
  open(response: ServerResponse): EventStream {
    if (this.#closed) throw shuttingDown();
    if (this.#open.size >= MOST_STREAMS) {
      const detail = `there are ${MOST_STREAMS} streams already; close one first`;
      throw new ControlError({ status: 503, code: "TOO_MANY_STREAMS", detail, retryAfterMs: 10_000 });
    }
    const stream = new EventStream(response, () => this.#left(stream));
    this.#open.add(stream);
    this.#timer ??= setInterval(() => this.#tick(), TICK_MS);
    return stream;
  }

  /** Ends all of them, and those that would come. */
  close(): void {
    this.#closed = true;
    for (const stream of this.#open) stream.end();
  }

  #tick(): void {
    for (const stream of this.#open) stream.tick();
  }

  #left(stream: EventStream): void {
    this.#open.delete(stream);
    if (this.#open.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

/**
 * One stream of Server-Sent Events. Nothing is written to it while its reader does not read.
 *
 * **Lifetime.** Until its client leaves, or `end`. **Failure.** A client that leaves ends it, and that is all.
 */
export class EventStream {
  /** Asked for what has come since, each time the reader can take some. */
  onTick: () => void = noop;
  /** Called once, at its end. */
  onClose: () => void = noop;
  readonly #response: ServerResponse;
  #wroteAt = performance.now();

  constructor(response: ServerResponse, closed: () => void) {
    this.#response = response;
    response.statusCode = 200;
    response.setHeader("Content-Type", "text/event-stream; charset=utf-8");
    response.setHeader("X-Accel-Buffering", "no"); // nginx would hold it back
    response.flushHeaders();
    response.on("error", noop);
    response.on("close", () => {
      closed();
      this.onClose();
    });
  }

  tick(): void {
    const { destroyed, writableEnded, writableLength } = this.#response;
    if (destroyed || writableEnded || writableLength >= MOST_UNSENT) return;
    this.onTick();
    if (performance.now() - this.#wroteAt >= HEARTBEAT_MS) this.write(": \n\n");
  }

  /** Sends an event. */
  send(event: string, data: unknown): void {
    this.write(toText(event, JSON.stringify(data)));
  }

  /** Sends events that are text already: see {@link toText}. Nothing for no text. */
  write(text: string): void {
    if (text === "" || this.#response.destroyed || this.#response.writableEnded) return;
    this.#wroteAt = performance.now();
    this.#response.write(text);
  }

  /** Ends it now: a reader that has not read what was sent loses it. */
  end(): void {
    const response = this.#response;
    if (response.writableLength > 0) {
      response.destroy();
      return;
    }
    const late = setTimeout(() => response.destroy(), LINGER_MS);
    response.on("close", () => clearTimeout(late));
    response.end();
  }
}

/** An event as it is sent. `json` has no line break. */
export function toText(event: string, json: string, id?: number): string {
  return `${id === undefined ? "" : `id: ${id}\n`}event: ${event}\ndata: ${json}\n\n`;
}
