import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { ensure, type Operation, until } from "effection";
import { toFuture } from "../../src/base/operations.ts";
import { listenOnFirstFree } from "../../src/server/listen.ts";
import { type Outside, OutsideApp, type OutsideContext } from "../../src/server/outside-app.ts";

/** One server of a {@link Fleet}. */
export interface Member {
  /** In the order of their starts, from 1. */
  number: number;
  port: number;
  /** Requests that it was given, health checks aside. */
  asked: string[];
  /** What its health check answers; 0 is nothing, and -1 closes the connection. */
  health: number;
  /** How often its health was checked. */
  checks: number;
  open: boolean;
  /** Prints a line. */
  say(line: string): void;
  /** Ends, and nobody is told. */
  vanish(): void;
  /** Is said to have ended, while its connections are still open. */
  leave(): void;
  /** Ends as a thread does that crashes. */
  crash(message?: string): void;
}

export interface FleetOptions {
  /** Answers a request; `/healthz` is answered already. @default its number */
  answer?: (member: Member, request: IncomingMessage, response: ServerResponse) => void;
  /** Runs before a member listens. */
  before?: (member: Member) => Operation<void>;
}

/** Apps outside the event loop, but for the tests' sake inside it: each start is a real server on a port of its own. */
export class Fleet {
  readonly members: Member[] = [];
  readonly app: OutsideApp;
  /** Called before a member listens. */
  onOpen: (member: Member) => void = () => {};

  constructor({ answer = sayNumber, before }: FleetOptions = {}) {
    this.app = new OutsideApp("thread", (context) => this.#open(context, answer, before));
  }

  /** Those that run, by the order of their starts. */
  get running(): Member[] {
    return this.members.filter(({ open }) => open);
  }

  *#open(
    { log, ports }: OutsideContext,
    answer: NonNullable<FleetOptions["answer"]>,
    before: FleetOptions["before"],
  ): Operation<Outside> {
    const sockets = new Set<Duplex>();
    const server = createServer((request, response) => {
      if (request.url === "/healthz") {
        member.checks += 1;
        if (member.health > 0) response.writeHead(member.health).end();
        else if (member.health < 0) request.socket.destroy();
      } else {
        member.asked.push(request.url ?? "");
        answer(member, request, response);
      }
    });
    server.on("upgrade", (_request, socket: Duplex) => {
      socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n");
      socket.write(`[${member.number}]`);
      socket.on("error", () => {}).pipe(socket);
    });
    server.on("connection", (socket) => {
      sockets.add(socket);
      socket.on("close", () => sockets.delete(socket));
    });
    const end = () => {
      member.open = false;
      for (const socket of sockets) socket.destroy();
      if (server.listening) server.close();
    };
    let fail!: (error: Error) => void;
    const crashed = toFuture(
      new Promise<never>((_resolve, reject) => {
        fail = reject;
      }),
    );
    crashed.catch(() => {});
    const member: Member = {
      number: this.members.length + 1,
      port: 0,
      asked: [],
      health: 200,
      checks: 0,
      open: false,
      say: (line) => log.write("stdout", Buffer.from(`${line}\n`)),
      vanish: () => end(),
      leave: () => fail(new Error("it has left")),
      crash: (message = "it has crashed") => {
        end();
        fail(new Error(message));
      },
    };
    this.members.push(member);
    member.say(`server ${member.number} starts`);
    yield* ensure(function* () {
      const closed = new Promise((resolve) => server.on("close", resolve));
      const wasListening = server.listening;
      end();
      if (wasListening) yield* until(closed);
    });
    if (before !== undefined) yield* before(member);
    const host = "127.0.0.1";
    this.onOpen(member);
    member.port = yield* listenOnFirstFree(server, host, ports);
    member.open = true;
    return { target: { host, port: member.port }, ended: crashed };
  }
}

function sayNumber({ number }: Member, _request: IncomingMessage, response: ServerResponse): void {
  response.end(String(number));
}
