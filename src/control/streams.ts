import type { ServerResponse } from "node:http";
import { noop } from "../base/operations.ts";
import { ControlError } from "./control-error.ts";

/** How many streams there can be. Each holds a connection, and what its reader has not read. */
const MOST_STREAMS = 256;

/** A comment this often keeps proxies from taking a quiet stream for a dead one. */
const HEARTBEAT_MS = 15_000;

/** With so many bytes unsent, nothing more is written: the reader is slower than what it reads. */
const MOST_UNSENT = 65_536;

/** All streams of Server-Sent Events. */
export class Streams {
  readonly #open = new Set<EventStream>();
  #closed = false;

  /** Begins to answer with a stream. Throws when there are too many, or all drains. */
  open(response: ServerResponse): EventStream {
    if (this.#closed) {
      throw new ControlError({ status: 503, code: "SHUTTING_DOWN", detail: "the switchboard is shutting down" });
    }
    if (this.#open.size >= MOST_STREAMS) {
      const detail = `there are ${MOST_STREAMS} streams already; close one first`;
      throw new ControlError({ status: 503, code: "TOO_MANY_STREAMS", detail, retryAfterMs: 10_000 });
    }
    const stream = new EventStream(response, () => this.#open.delete(stream));
    this.#open.add(stream);
    return stream;
  }

  /** Ends all of them, and those that would come. */
  close(): void {
    this.#closed = true;
    for (const stream of this.#open) stream.end();
  }
}

/**
 * One stream of Server-Sent Events. It takes nothing more while its reader does not read: whoever writes to it asks
 * `isReady` first, keeps what it has or drops it, and goes on when `onReady` is called.
 *
 * **Lifetime.** Until its client leaves, or `end`. **Failure.** A client that leaves ends it, and that is all.
 */
export class EventStream {
  /** Called when it takes more again. */
  onReady: () => void = noop;
  /** Called once, at its end. */
  onClose: () => void = noop;
  readonly #response: ServerResponse;
  readonly #heartbeat: NodeJS.Timeout;

  constructor(response: ServerResponse, closed: () => void) {
    this.#response = response;
    response.statusCode = 200;
    response.setHeader("Content-Type", "text/event-stream; charset=utf-8");
    response.setHeader("X-Accel-Buffering", "no");
    response.flushHeaders();
    this.#heartbeat = setInterval(() => this.isReady && response.write(": \n\n"), HEARTBEAT_MS);
    response.on("drain", () => this.onReady());
    response.on("error", noop);
    response.on("close", () => {
      clearInterval(this.#heartbeat);
      closed();
      this.onClose();
    });
  }

  /** Whether its reader has read enough to be sent more. */
  get isReady(): boolean {
    const { destroyed, writableEnded, writableLength } = this.#response;
    return !destroyed && !writableEnded && writableLength < MOST_UNSENT;
  }

  /** Sends an event. `data` is JSON, so it is one line. */
  send(event: string, data: unknown, id?: number): void {
    this.write(toText(event, JSON.stringify(data), id));
  }

  /** Sends events that are text already: see {@link toText}. */
  write(text: string): void {
    if (!this.#response.destroyed && !this.#response.writableEnded) this.#response.write(text);
  }

  /** Ends it now: what its reader has not read is lost, if it does not read. */
  end(): void {
    if (this.#response.writableLength > 0) this.#response.destroy();
    else this.#response.end();
  }
}

/** An event as it is sent. `json` has no line break. */
export function toText(event: string, json: string, id?: number): string {
  return `${id === undefined ? "" : `id: ${id}\n`}event: ${event}\ndata: ${json}\n\n`;
}
