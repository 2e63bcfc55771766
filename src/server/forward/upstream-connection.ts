import type { Socket } from "node:net";
import { toError } from "../../base/errors.ts";
import { readOn } from "./read-on.ts";
import { ResponseParser, type ResponseReader } from "./response-parser.ts";

/** One request and its answer, as its connection sees them. */
export interface Occupant extends ResponseReader {
  /** All that has come for now was read. */
  flush(): void;
  /** There is room for more of the request. */
  drained(): void;
  /** The connection has ended before the answer had, or what came is no answer. */
  lost(error: Error | undefined): void;
}

/** Where connections wait for the next request. */
export interface Keeper {
  /** Keeps a connection whose answer has ended. */
  keep(connection: Connection, keepAliveMs: number | undefined): void;
  /** A connection has closed. */
  forget(connection: Connection): void;
}

/** A connection to a server, which carries one request after the other. */
export class Connection {
  readonly socket: Socket;
  idleSince = 0;
  keptUntil = 0;
  /** Whether a byte of the answer has come. */
  answered = false;
  readonly #keeper: Keeper;
  readonly #parser = new ResponseParser();
  #occupant: Occupant | undefined;
  readonly #undoReadOn: () => void;
  #error: Error | undefined;
  #listeners: [string, (...args: never[]) => void][];

  constructor(socket: Socket, keeper: Keeper) {
    this.socket = socket;
    this.#keeper = keeper;
    this.#undoReadOn = readOn(socket);
    this.#listeners = [
      ["data", (chunk: Buffer) => this.#read(chunk)],
      ["drain", () => this.#occupant?.drained()],
      ["end", () => this.#ended()],
      ["close", () => this.#lose()],
    ];
    socket.on("error", (error) => {
      this.#error = error;
    });
    for (const [event, listener] of this.#listeners) socket.on(event, listener as (...args: unknown[]) => void);
  }

  /** Carries the request of `occupant` from now on, and reads the answer to it. */
  carry(method: string, occupant: Occupant): void {
    this.#occupant = occupant;
    this.answered = false;
    this.#parser.expect(method, occupant);
  }

  /** The answer has ended: kept for the next request if the server allows it, and nothing more than the answer came. */
  release(keepAliveMs: number | undefined): void {
    this.#occupant = undefined;
    if (this.#parser.surplus !== undefined || this.socket.destroyed || this.socket.readableEnded) {
      this.destroy();
      return;
    }
    this.socket.resume();
    this.#keeper.keep(this, keepAliveMs);
  }

  /** Gives the socket away, with what came after the head of an upgrade. */
  giveAway(): Buffer | undefined {
    this.#occupant = undefined;
    this.#undoReadOn();
    for (const [event, listener] of this.#listeners) this.socket.off(event, listener as (...args: unknown[]) => void);
    return this.#parser.surplus;
  }

  /** Ends the connection; whoever it carries hears nothing more. */
  destroy(): void {
    this.#occupant = undefined;
    this.#parser.stop();
    this.socket.destroy();
  }

  #read(chunk: Buffer): void {
    const occupant = this.#occupant;
    if (occupant === undefined) {
      this.socket.destroy(); // nobody has asked for anything
      return;
    }
    this.answered = true;
    try {
      this.#parser.push(chunk);
    } catch (error) {
      occupant.lost(toError(error));
      return;
    }
    occupant.flush();
  }

  #ended(): void {
    this.#parser.finish();
    this.#occupant?.flush();
    this.socket.destroy();
  }

  #lose(): void {
    this.#keeper.forget(this);
    const occupant = this.#occupant;
    this.#occupant = undefined;
    this.#parser.stop();
    occupant?.lost(this.#error);
  }
}
