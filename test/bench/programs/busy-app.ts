/** An app that computes for a few milliseconds at each request, and so has a processor for itself alone. */
import { createHash } from "node:crypto";
import type { ServerResponse } from "node:http";

const ROUNDS = 3_000;

/** Whoever is asked keeps its event loop busy until the answer. */
export default function busyApp(): (request: unknown, response: ServerResponse) => void {
  return (_request, response) => {
    let digest = "";
    for (let i = 0; i < ROUNDS; i += 1) digest = createHash("sha256").update(digest).digest("hex");
    response.end(digest);
  };
}
