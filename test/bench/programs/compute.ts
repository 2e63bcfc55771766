import { createHash } from "node:crypto";
import type { ServerResponse } from "node:http";

const ROUNDS = 3_000;

/** Keeps the event loop busy until the answer. */
export function compute(_request: unknown, response: ServerResponse, rounds: number = ROUNDS): void {
  let digest = "";
  for (let i = 0; i < rounds; i += 1) digest = createHash("sha256").update(digest).digest("hex");
  response.end(digest);
}
