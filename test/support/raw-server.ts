import { once } from "node:events";
import { type AddressInfo, createServer, type Server } from "node:net";
import { Peer } from "./client.ts";
import { createGate, type Gate } from "./gate.ts";

/** A server that sends bytes as they are, and can therefore be wrong in every way. */
export class RawServer {
  /** Its connections, in order. */
  readonly peers: Peer[] = [];
  readonly #server: Server;
  readonly #waiting: Gate<void>[] = [];

  private constructor(serve: (peer: Peer, nth: number) => void) {
    this.#server = createServer({ allowHalfOpen: true }, (socket) => {
      const peer = new Peer(socket);
      this.peers.push(peer);
      for (const gate of this.#waiting.splice(0)) gate.open();
      serve(peer, this.peers.length);
    });
  }

  /** @param serve is called for each connection. */
  static async listen(serve: (peer: Peer, nth: number) => void = () => {}): Promise<RawServer> {
    const server = new RawServer(serve);
    server.#server.listen(0, "127.0.0.1");
    await once(server.#server, "listening");
    return server;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** The connection with this number, from 1, as soon as there is one. */
  async peer(nth: number): Promise<Peer> {
    for (;;) {
      const peer = this.peers[nth - 1];
      if (peer !== undefined) return peer;
      const gate = createGate();
      this.#waiting.push(gate);
      await gate.promise;
    }
  }

  async close(): Promise<void> {
    for (const peer of this.peers) peer.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }
}

/** Answers every request on a connection with `text`, at once, when its head has come. */
export function answerEach(text: string): (peer: Peer) => void {
  return (peer) => {
    let answered = 0;
    peer.socket.on("data", () => {
      const heads = peer.received.split("\r\n\r\n").length - 1;
      for (; answered < heads; answered += 1) peer.send(text);
    });
  };
}
