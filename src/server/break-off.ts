import type { ServerResponse } from "node:http";

/** Where a response says that its server, not its client, has ended it too early. */
const BROKEN: unique symbol = Symbol("effection-switchboard.broken-off");
type BrokenResponse = ServerResponse & { [BROKEN]?: true };

/** Marks an answer that its server does not bring to an end: its client is cut, so that it can tell. */
export function markBrokenOff(response: BrokenResponse): void {
  response[BROKEN] = true;
}

/** Whether its server has ended an answer too early. */
export function isBrokenOff(response: BrokenResponse): boolean {
  return response[BROKEN] === true;
}
