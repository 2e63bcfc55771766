import type { AddressInfo } from "node:net";
import { createServer, type Socket } from "node:net";
import { Agent, type Dispatcher, request } from "undici";

/** What a storm came to. */
export interface StormResult {
  /** Answers by their status. */
  statuses: Record<number, number>;
  /** Requests whose answer does not fit what happened to them at the server, such as one that was not tried again. */
  wrong: string[];
  /** How often the most frequent POST arrived at the server. */
  mostOfAPost: number;
  /** How often the most frequent GET arrived there. */
  mostOfAGet: number;
}

/** A server that resets a share of the requests, before it has answered anything, and knows what came. */
export class ResettingServer {
  /** What happened to each request, in the order of its arrivals: `true` is an answer. */
  readonly arrivals: Map<string, boolean[]> = new Map();
  readonly #sockets = new Set<Socket>();
  readonly #server = createServer((socket) => this.#serve(socket));
  readonly #share: number;

  constructor(share: number) {
    this.#share = share;
  }

  listen(): Promise<number> {
    return new Promise((resolve) => {
      this.#server.listen(0, "127.0.0.1", () => resolve((this.#server.address() as AddressInfo).port));
    });
  }

  close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("close", () => this.#sockets.delete(socket)).on("error", () => {});
    let text = "";
    socket.on("data", (chunk) => {
      text += chunk.toString("latin1");
      for (let end = text.indexOf("\r\n\r\n"); end !== -1; end = text.indexOf("\r\n\r\n")) {
        const id = text.slice(0, text.indexOf(" HTTP/1.1")); // such as "GET /17"
        text = text.slice(end + 4);
        const answers = Math.random() >= this.#share;
        this.arrivals.set(id, [...(this.arrivals.get(id) ?? []), answers]);
        if (!answers) {
          socket.resetAndDestroy();
          return;
        }
        socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
      }
    });
  }
}

/** Sends `count` requests, every fourth a POST, `width` at once, and compares each answer with what happened to it. */
export async function storm(
  server: ResettingServer,
  url: string,
  hostname: string,
  count: number,
  width: number,
): Promise<StormResult> {
  const agent = new Agent({ connections: width });
  const result: StormResult = { statuses: {}, wrong: [], mostOfAPost: 0, mostOfAGet: 0 };
  let next = 0;
  const send = async () => {
    for (let i = next++; i < count; i = next++) {
      const method: Dispatcher.HttpMethod = i % 4 === 0 ? "POST" : "GET";
      const { statusCode, body } = await request(`${url}/${i}`, {
        dispatcher: agent,
        method,
        headers: { host: hostname },
      });
      await body.dump();
      result.statuses[statusCode] = (result.statuses[statusCode] ?? 0) + 1;
      note(result, `${method} /${i}`, statusCode, server.arrivals.get(`${method} /${i}`) ?? []);
      server.arrivals.delete(`${method} /${i}`);
    }
  };
  await Promise.all(Array.from({ length: width }, send));
  await agent.close();
  return result;
}

function note(result: StormResult, id: string, status: number, arrivals: readonly boolean[]): void {
  const isPost = id.startsWith("POST");
  if (isPost) result.mostOfAPost = Math.max(result.mostOfAPost, arrivals.length);
  else result.mostOfAGet = Math.max(result.mostOfAGet, arrivals.length);
  // A POST is sent once; a GET again if it was reset. A status other than the last arrival's is wrong.
  const tries = isPost || arrivals[0] === true ? 1 : 2;
  const expected = arrivals.at(-1) === true ? 200 : 502;
  if (arrivals.length !== tries || status !== expected)
    result.wrong.push(`${id}: ${status} after ${arrivals.join(", ")}`);
}
