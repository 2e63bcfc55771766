// #region client
import { spawn as startProcess } from "node:child_process";
import { once } from "node:events";
import { type ClientRequest, type IncomingMessage, request } from "node:http";
import { join } from "node:path";
import { createInterface } from "node:readline";

interface Exchange {
  request: ClientRequest;
  response: IncomingMessage;
}

/** Sends one half of a request, and returns when one half of the answer is here. */
async function begin(port: number, hostname: string): Promise<Exchange> {
  const headers = { host: `${hostname}.localhost` };
  const sent = request({ port, host: "127.0.0.1", method: "POST", agent: false, headers });
  sent.on("error", () => {}); // the response tells, too
  sent.write("hello ");
  const [response] = await once(sent, "response");
  return { request: sent, response };
}

/** The whole answer, or why it broke off. */
async function read({ response }: Exchange): Promise<string> {
  try {
    let text = "";
    for await (const chunk of response) text += chunk;
    return text;
  } catch (error) {
    return (error as Error).message;
  }
}
// #endregion

// #region main
const child = startProcess(process.execPath, ["--import", "tsx", join(import.meta.dirname, "serve.ts")], {
  env: { ...process.env, PORT: "0" },
  stdio: ["ignore", "pipe", "inherit"],
});
const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
const port = Number((await lines.next()).value.split(" ").at(-1));

const slow = await Promise.all(Array.from({ length: 20 }, (_, i) => begin(port, `name-${i % 4}`)));
const endless = await begin(port, "name-0");
console.log("21 requests are in flight: kill -TERM");
child.kill("SIGTERM");

for (let line = ""; line !== "draining"; ) line = (await lines.next()).value;
for (const exchange of slow) exchange.request.end("and goodbye");
const answers = await Promise.all(slow.map(read));
console.log(`${answers.filter((answer) => answer.endsWith("goodbye")).length} of 20 slow answers are complete`);
console.log(`the endless one: ${await read(endless)}`);

const [status] = await once(child, "exit");
for await (const line of lines) console.log(`server: ${line}`);
console.log(`the server ended with ${status}`);
// #endregion
