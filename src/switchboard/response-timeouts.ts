import type { ServerResponse } from "node:http";
import { type Operation, sleep } from "effection";
import { noteOutcome } from "../base/request-record.ts";
import { sendProblem } from "../server/problem.ts";
import { abandon } from "./abandon.ts";
import { type Pass, passOf } from "./guard.ts";

/** Hears of an answer that took too long: of its head, or in the middle of its body. */
export type TimedOut = (hostname: string, waitedFor: "head" | "body", afterMs: number) => void;

/** Ends, for as long as it runs, answers that take longer than their hostname allows. One timer serves all. */
export function* endSlowResponses(
  responses: () => Iterable<ServerResponse>,
  shortestMs: number,
  timedOut: TimedOut,
): Operation<never> {
  for (;;) {
    yield* sleep(Math.max(1, shortestMs / 10));
    const now = performance.now();
    for (const response of [...responses()]) {
      const pass = passOf(response);
      if (pass?.aliveAt !== undefined) check(response, pass, pass.aliveAt, now, timedOut);
    }
  }
}

function check(response: ServerResponse, pass: Pass, aliveAt: number, now: number, timedOut: TimedOut): void {
  const { hostname, settings } = pass.guard;
  const { responseTimeoutMs, responseIdleTimeoutMs } = settings;
  if (isAlive(response, pass)) pass.aliveAt = now;
  else if (response.headersSent && now - aliveAt >= responseIdleTimeoutMs) {
    pass.timedOut = true;
    noteOutcome(response.req, "timed-out", "RESPONSE_TIMEOUT");
    response.req.socket.destroy();
    timedOut(hostname, "body", responseIdleTimeoutMs);
  } else if (!response.headersSent && now - aliveAt >= responseTimeoutMs) {
    pass.timedOut = true;
    response.shouldKeepAlive = false; // the rest of the request may lie unread
    const detail = `"${hostname}" did not begin its answer within ${responseTimeoutMs} ms`;
    sendProblem(response.req, response, { status: 504, code: "RESPONSE_TIMEOUT", detail, hostname });
    abandon(response);
    timedOut(hostname, "head", responseTimeoutMs);
  }
}

/** Whether something has moved since the last look, or it is the client who is waited for. */
function isAlive(response: ServerResponse, pass: Pass): boolean {
  const { req, socket, headersSent } = response;
  if (!headersSent) return !req.complete && req.readableLength === 0;
  if (socket === null) return true; // it waits for the answers before it
  const { bytesWritten, writableLength } = socket;
  const moved = bytesWritten !== pass.bytesWritten;
  pass.bytesWritten = bytesWritten;
  return moved || writableLength > 0;
}
