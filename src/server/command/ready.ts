import { request } from "node:http";
import { connect } from "node:net";
import { inspect, stripVTControlCharacters } from "node:util";
import { action, type Operation, race, sleep } from "effection";
import type { LogRing } from "../log-ring.ts";
import { LOOPBACK } from "../outside-server.ts";
import type { Readiness } from "./command-config.ts";

/** How long a connection to this machine can take. */
const CONNECT_MS = 1_000;

/** How long one GET can take: the first answer of a dev server may have to be built. Then it is asked once more. */
const ANSWER_MS = 30_000;

const FIRST_PAUSE_MS = 10;
const LONGEST_PAUSE_MS = 100;

/** Where a server accepts connections. */
export interface Address {
  host: string;
  port: number;
}

/**
 * Returns the address of the server on `port` when it is ready. Not bounded: the caller sets the deadline. `notYet` hears
 * what it waits for.
 */
export function* whenReady(
  ready: Readiness,
  port: number,
  log: LogRing,
  notYet: (why: string) => void,
): Operation<Address> {
  if ("log" in ready) {
    notYet(`it has printed no line with ${inspect(ready.log)}`);
    yield* printed(ready.log, log);
  }
  notYet(`nothing accepts connections on port ${port}, which PORT says`);
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    for (const host of LOOPBACK) {
      const address = { host, port };
      if (!(yield* accepts(address))) continue;
      if (!("path" in ready)) return address;
      notYet(`GET ${ready.path} gets no answer below 500`);
      if (yield* answers(address, ready.path)) return address;
    }
    yield* sleep(pauseMs);
  }
}

/** Returns when a line matches; colours do not count. */
function printed(pattern: RegExp | string, log: LogRing): Operation<void> {
  return action((resolve) => {
    return log.listen(({ text }) => {
      if (matches(pattern, stripVTControlCharacters(text))) resolve();
    });
  }, "a line of output");
}

function matches(pattern: RegExp | string, text: string): boolean {
  return typeof pattern === "string" ? text.includes(pattern) : text.search(pattern) !== -1;
}

function accepts({ host, port }: Address): Operation<boolean> {
  const connected = action<boolean>((resolve) => {
    const socket = connect({ host, port });
    socket.on("connect", () => resolve(true)).on("error", () => resolve(false));
    return () => void socket.destroy();
  }, "a connection");
  return race([connected, late(CONNECT_MS)]);
}

function answers({ host, port }: Address, path: string): Operation<boolean> {
  const answered = action<boolean>((resolve) => {
    const headers = { host: `localhost:${port}`, connection: "close" };
    const asked = request({ host, port, path, headers, agent: false });
    asked.on("response", ({ statusCode = 500 }) => resolve(statusCode < 500)).on("error", () => resolve(false));
    asked.end();
    return () => void asked.destroy();
  }, "an answer");
  return race([answered, late(ANSWER_MS)]);
}

function* late(ms: number): Operation<boolean> {
  yield* sleep(ms);
  return false;
}
