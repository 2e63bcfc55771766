import { connect, type Socket } from "node:net";

/** One answer as it came over the wire. */
export interface Answer {
  status: number;
  version: string;
  /** Field names in lower case. */
  fields: [name: string, value: string][];
  body: string;
}

/** Only a guard for failures: nothing waits for it when all is well. */
const DEADLINE_MS = 3_000;

/** A client that sends bytes as they are: no HTTP library has a say in what is on the wire. */
export class RawClient {
  /** Everything that came, so far. */
  bytes: Buffer = Buffer.alloc(0);
  closed = false;
  readonly port: number;
  readonly #socket: Socket;
  #wake: () => void = () => {};

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.port = socket.localPort as number;
    socket.setNoDelay(true);
    socket.on("data", (chunk) => {
      this.bytes = Buffer.concat([this.bytes, chunk]);
      this.#wake();
    });
    socket.on("error", () => {}); // a reset is a close, too
    socket.on("close", () => {
      this.closed = true;
      this.#wake();
    });
  }

  static connect(port: number): Promise<RawClient> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host: "127.0.0.1" });
      socket.on("error", reject);
      socket.on("connect", () => {
        socket.off("error", reject);
        resolve(new RawClient(socket));
      });
    });
  }

  write(bytes: string | Buffer): void {
    if (this.#socket.writable) this.#socket.write(typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes);
  }

  /** Says that nothing more will be sent; goes on reading. */
  end(): void {
    this.#socket.end();
  }

  /** Leaves with a FIN, or with a reset. */
  leave(how: "close" | "reset"): void {
    if (how === "reset") this.#socket.resetAndDestroy();
    else this.#socket.destroy();
  }

  /** The answers that are complete; after the close also one whose body only the close ends. */
  answers(): Answer[] {
    return parseAnswers(this.bytes, this.closed).answers;
  }

  /** What came after the last complete answer. */
  rest(): string {
    return parseAnswers(this.bytes, this.closed).rest.toString("latin1");
  }

  /** Returns when `test` holds. It is asked again whenever bytes come or the connection closes. */
  async until(what: string, test: () => boolean): Promise<void> {
    const guard = performance.now() + DEADLINE_MS;
    while (!test()) {
      const left = guard - performance.now();
      if (left <= 0 || this.closed) {
        const state = this.closed ? "the connection closed" : "nothing more came";
        throw new Error(`${state} before ${what}; the client has got ${JSON.stringify(this.bytes.toString("latin1"))}`);
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }
}

/** Splits what a server sent into answers. Whatever is no answer is left in `rest`. */
function parseAnswers(bytes: Buffer, closed: boolean): { answers: Answer[]; rest: Buffer } {
  const answers: Answer[] = [];
  let rest = bytes;
  for (;;) {
    const headEnd = rest.indexOf("\r\n\r\n");
    const head = rest.subarray(0, Math.max(0, headEnd)).toString("latin1").split("\r\n");
    const start = /^HTTP\/(\d\.\d) (\d{3}) /.exec(head[0] ?? "");
    if (start === null) return { answers, rest };
    const fields = head.slice(1).map((line): [string, string] => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    });
    const status = Number(start[2]);
    const found = parseBody(rest.subarray(headEnd + 4), status, new Map(fields), closed);
    if (found === undefined) return { answers, rest };
    answers.push({ status, version: start[1] as string, fields, body: found.body.toString("latin1") });
    rest = found.rest;
    if (status === 101) return { answers, rest };
  }
}

function parseBody(
  bytes: Buffer,
  status: number,
  fields: Map<string, string>,
  closed: boolean,
): { body: Buffer; rest: Buffer } | undefined {
  if (status < 200 || status === 204 || status === 304) return { body: Buffer.alloc(0), rest: bytes };
  if (fields.get("transfer-encoding") === "chunked") return parseChunks(bytes);
  const length = fields.get("content-length");
  if (length === undefined) return closed ? { body: bytes, rest: Buffer.alloc(0) } : undefined;
  if (bytes.length < Number(length)) return undefined;
  return { body: bytes.subarray(0, Number(length)), rest: bytes.subarray(Number(length)) };
}

function parseChunks(bytes: Buffer): { body: Buffer; rest: Buffer } | undefined {
  const chunks: Buffer[] = [];
  let at = 0;
  for (;;) {
    const lineEnd = bytes.indexOf("\r\n", at);
    if (lineEnd === -1) return undefined;
    const size = Number.parseInt(bytes.subarray(at, lineEnd).toString("latin1"), 16);
    const next = lineEnd + 2 + size + 2;
    if (bytes.length < next) return undefined;
    chunks.push(bytes.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = next;
    if (size === 0) return { body: Buffer.concat(chunks), rest: bytes.subarray(at) };
  }
}
