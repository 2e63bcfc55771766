import type { ServerResponse } from "node:http";
import type { Duplex } from "node:stream";

/** Where a response says that somebody here has ended it too early: its server, or a drain whose grace was over. */
const ENDED: unique symbol = Symbol("effection-switchboard.broken-off");
type EndedResponse = ServerResponse & { [ENDED]?: "broken-off" | "cut" };

/** Marks an answer that its server does not bring to an end: its client is cut, so that it can tell. */
export function markBrokenOff(response: EndedResponse): void {
  response[ENDED] = "broken-off";
}

/** Marks an answer that a drain cuts: it says nothing about its server. */
export function markCut(response: EndedResponse): void {
  response[ENDED] = "cut";
}

/** Whether its server has ended an answer too early. A response that has closed is asked about. */
export function isBrokenOff(response: EndedResponse): boolean {
  if (response[ENDED] !== undefined) return response[ENDED] === "broken-off";
  return !response.writableFinished && !hasLeft(response.req.socket);
}

/** Whether the client of a connection has ended it, or it broke. What was destroyed here has neither. */
export function hasLeft(socket: Duplex): boolean {
  return socket.readableEnded || socket.errored !== null;
}
