import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { ensure, type Operation, scoped } from "effection";
import { toError } from "../../base/errors.ts";
import { findHolder } from "../../server/command/port-holder.ts";
import { listen } from "../../server/listen.ts";
import { isSwitchboard } from "../client/answers.ts";
import { toTarget, toUrl } from "../client/target.ts";
import { isAlive, listStates } from "../state-file.ts";
import type { Check } from "./check.ts";

const HOST = "127.0.0.1";

/** Whether a switchboard could listen on `port`, and who does if it could not. */
export function* checkPort(port: number): Operation<Check> {
  const name = `port ${port}`;
  const code = yield* tryPort(port);
  if (code === undefined) return { name, status: "ok", detail: "free" };
  if (code === "EACCES") {
    return { name, status: "fail", detail: "this user may not use it", advice: "choose one above 1023 with --port" };
  }
  if (code !== "EADDRINUSE") return { name, status: "fail", detail: `it cannot be bound: ${code}` };
  const url = new URL(`http://${HOST}:${port}/`);
  if (yield* isSwitchboard(toTarget(url))) {
    const running = listStates().find(({ state }) => toUrl(state.url).origin === url.origin && isAlive(state));
    const who = running === undefined ? "" : ` (process ${running.state.pid})`;
    return { name, status: "ok", detail: `a switchboard runs there${who}` };
  }
  const holder = findHolder({ host: HOST, port });
  const who = holder === undefined ? "another program, perhaps of another user" : toWho(holder.pid);
  const stop = holder === undefined ? `find it with lsof -i :${port}` : `kill ${holder.pid}`;
  return {
    name,
    status: "fail",
    detail: `in use by ${who}`,
    advice: `stop it (${stop}), or choose another port with --port; 0 is any free one`,
  };
}

function tryPort(port: number): Operation<string | undefined> {
  return scoped(function* () {
    const server = createServer();
    yield* ensure(() => void server.close());
    try {
      yield* listen(server, { host: HOST, port });
      return undefined;
    } catch (error) {
      return String((error as NodeJS.ErrnoException).code ?? toError(error).message);
    }
  });
}

/** A process, for people. */
export function toWho(pid: number): string {
  try {
    return `${readFileSync(`/proc/${pid}/comm`, "utf8").trim()} (process ${pid})`;
  } catch {
    return `process ${pid}`;
  }
}
