import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { isChunked, isReplaced } from "./forwarded-fields.ts";
import { isHopByHop, same } from "./hop-by-hop.ts";

/** The body of a request on its way to a server: as fast as the server reads, and framed as the client framed it. */
export class RequestBody {
  /** Whether all of it was given to the socket. */
  sent = false;
  /** When the last part was given to it, on the clock of `performance.now()`. */
  sentAt = 0;
  readonly #request: IncomingMessage;
  readonly #chunked: boolean;
  #socket: Socket | undefined;
  #blocked = false;

  constructor(request: IncomingMessage) {
    this.#request = request;
    this.#chunked = isChunked(request);
  }

  /** Nothing more can be sent until the client sends more. */
  get waitsForClient(): boolean {
    return !this.sent && !this.#blocked;
  }

  sendTo(socket: Socket): void {
    this.#socket = socket;
    this.#request.on("data", this.#onData).on("end", this.#onEnd);
  }

  /** The socket has room again. */
  resume(): void {
    this.#blocked = false;
    this.#request.resume();
  }

  /** Nothing more is sent. What still comes is read and thrown away, so that the client can read its answer. */
  drop(): void {
    if (this.sent) return;
    this.#request.off("data", this.#onData).off("end", this.#onEnd).resume();
  }

  readonly #onData = (part: Buffer): void => {
    const socket = this.#socket as Socket;
    this.sentAt = performance.now();
    if (!this.#write(socket, part)) {
      this.#blocked = true;
      this.#request.pause();
    }
  };

  readonly #onEnd = (): void => {
    this.sent = true;
    this.sentAt = performance.now();
    if (this.#chunked) this.#socket?.write(`0\r\n${toTrailers(this.#request.rawTrailers)}\r\n`, "latin1");
  };

  #write(socket: Socket, part: Buffer): boolean {
    if (!this.#chunked) return socket.write(part);
    socket.cork();
    socket.write(`${part.length.toString(16)}\r\n`, "latin1");
    socket.write(part);
    const more = socket.write("\r\n", "latin1");
    socket.uncork();
    return more;
  }
}

function toTrailers(fields: readonly string[]): string {
  let text = "";
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string;
    if (isHopByHop(name) || same(name, "content-length") || same(name, "host") || isReplaced(name, false)) continue;
    text += `${name}: ${fields[i + 1]}\r\n`;
  }
  return text;
}
