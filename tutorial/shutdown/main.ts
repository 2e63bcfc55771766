// #region main
import { spawn as startProcess } from "node:child_process";
import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import { join } from "node:path";
import { createInterface } from "node:readline";

const SERVE = join(import.meta.dirname, "serve.ts");

/** Asks, and returns when the first half of the answer is here. */
async function begin(port: number, hostname: string, path: string): Promise<IncomingMessage> {
  const request = get({ port, path, host: "127.0.0.1", agent: false, headers: { host: `${hostname}.localhost` } });
  const [response] = await once(request, "response");
  return response;
}

/** The whole answer, or why it broke off. */
async function finish(response: IncomingMessage): Promise<string> {
  try {
    let text = "";
    for await (const chunk of response) text += chunk;
    return text;
  } catch (error) {
    return (error as Error).message;
  }
}

const child = startProcess(process.execPath, ["--import", "tsx", SERVE], {
  env: { ...process.env, PORT: "0" },
  stdio: ["ignore", "pipe", "inherit"],
});
const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
const port = Number((await lines.next()).value.split(" ").at(-1));

const slow = await Promise.all(Array.from({ length: 20 }, (_, i) => begin(port, `name-${i % 4}`, "/slow")));
const endless = await begin(port, "name-0", "/endless");
console.log("21 requests are in flight: kill -TERM");
child.kill("SIGTERM");

const answers = await Promise.all(slow.map(finish));
console.log(`${answers.filter((answer) => answer.endsWith("goodbye")).length} of 20 slow answers are complete`);
console.log(`the endless one: ${await finish(endless)}`);
const [status] = await once(child, "exit");
for await (const line of lines) if (!line.startsWith("started")) console.log(`server: ${line}`);
console.log(`the server ended with ${status}`);
// #endregion
