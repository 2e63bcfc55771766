import { connect, type Socket } from "node:net";

/** One side of a raw connection, which remembers what it received. */
export class Peer {
  readonly socket: Socket;
  received = "";
  ended = false;
  closed = false;
  #changed: (() => void)[] = [];

  constructor(socket: Socket) {
    this.socket = socket;
    this.socket.setNoDelay(true);
    this.socket.on("data", (chunk) => {
      this.received += chunk.toString("latin1");
      this.#wake();
    });
    this.socket.on("end", () => {
      this.ended = true;
      this.#wake();
    });
    this.socket.on("close", () => {
      this.closed = true;
      this.#wake();
    });
    this.socket.on("error", () => {});
  }

  send(text: string): this {
    this.socket.write(text, "latin1");
    return this;
  }

  /** Returns all that was received, as soon as it has `text`; also when the connection ends first. */
  async until(text: string): Promise<string> {
    while (!this.received.includes(text) && !this.ended && !this.closed) await this.#change();
    return this.received;
  }

  /** Returns all that was received when the other side has ended, or the connection is gone. */
  async end(): Promise<string> {
    while (!this.ended && !this.closed) await this.#change();
    return this.received;
  }

  /** Returns when the connection is gone, in both directions. */
  async gone(): Promise<void> {
    while (!this.closed) await this.#change();
  }

  destroy(): void {
    this.socket.destroy();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#changed.push(resolve));
  }

  #wake(): void {
    for (const changed of this.#changed.splice(0)) changed();
  }
}

/** A raw client connection. */
export class Client extends Peer {
  constructor(port: number, host = "127.0.0.1") {
    super(connect({ port, host, allowHalfOpen: true }));
  }
}

/** The text of a GET for a hostname. */
export function get(hostname: string, path = "/", fields = ""): string {
  return `GET ${path} HTTP/1.1\r\nHost: ${hostname}.localhost\r\n${fields}\r\n`;
}
