/** A server of large bodies: GET /<bytes> sends as many, PUT reads what comes and says how many there were. */
import { createServer } from "node:http";
import { Readable } from "node:stream";
import { serve } from "./program.ts";

const PART = Buffer.alloc(64 * 1024, "x");

serve(
  createServer((request, response) => {
    if (request.method === "PUT") {
      let bytes = 0;
      request.on("data", (part) => {
        bytes += part.length;
      });
      request.on("end", () => response.end(String(bytes)));
    } else {
      const bytes = Number(request.url?.slice(1));
      response.setHeader("Content-Length", bytes);
      Readable.from(parts(bytes), { objectMode: false }).pipe(response);
    }
  }),
);

function* parts(bytes: number): Iterable<Buffer> {
  for (let left = bytes; left > 0; left -= PART.length) yield left < PART.length ? PART.subarray(0, left) : PART;
}
