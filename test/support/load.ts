import { type Agent, request as httpRequest } from "node:http";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** One request over a kept connection; the answer's status and text. */
export function ask(agent: Agent, port: number, hostname: string): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ agent, port, host: "127.0.0.1", headers: { host: `${hostname}.localhost` } });
    request.on("error", reject);
    request.on("response", (response) => {
      let text = "";
      response.on("data", (chunk) => {
        text += chunk;
      });
      response.on("error", reject);
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
    });
    request.end();
  });
}

/** What one more collection frees at most when there is no garbage left. */
const NOTHING = 64 * 1024;

/** The heap in use, after as many collections of garbage as free something: what one finalizes the next one frees. */
export async function heap(): Promise<number> {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  for (let before = Number.POSITIVE_INFINITY; ; ) {
    collect();
    await new Promise((resolve) => setImmediate(resolve));
    const { heapUsed } = process.memoryUsage();
    if (before - heapUsed < NOTHING) return heapUsed;
    before = heapUsed;
  }
}
