/**
 * WebSocket echo load: each client sends one message and waits for it to come back. Clients are plain sockets with
 * a frame made in advance, so that the server is what is measured. `echo-load.ts <port> <seconds> <clients>`
 */
import { type IncomingMessage, request } from "node:http";
import type { Socket } from "node:net";
import { report } from "./program.ts";

const WARM_UP_MS = 200;
const TEXT = Buffer.from("a message of thirty-two bytes ok");
/** RFC 6455 section 5.2: a final text frame; one from a client is masked, here with zeros. */
const SENT = Buffer.concat([Buffer.from([0x81, 0x80 | TEXT.length, 0, 0, 0, 0]), TEXT]);
const ECHO = Buffer.concat([Buffer.from([0x81, TEXT.length]), TEXT]);

const [port = 0, seconds = 1, clients = 1] = process.argv.slice(2).map(Number);
const EMPTY = Buffer.alloc(0);

let echoes = 0;
let failed = 0;

const sockets = await Promise.all(Array.from({ length: clients }, open));
for (const socket of sockets) play(socket);
await pause(WARM_UP_MS);
const since = performance.now();
const from = echoes;
await pause(seconds * 1000);
report({ perSecond: (echoes - from) / ((performance.now() - since) / 1000), failed });

function open(): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const headers = {
      Host: "h0.localhost",
      Connection: "Upgrade",
      Upgrade: "websocket",
      "Sec-WebSocket-Version": "13",
      "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    };
    const upgrade = request({ host: "127.0.0.1", port, headers });
    upgrade.on("upgrade", (_response: IncomingMessage, socket: Socket) => resolve(socket));
    upgrade.on("response", ({ statusCode }) => reject(new Error(`the upgrade was answered with ${statusCode}`)));
    upgrade.on("error", reject);
    upgrade.end();
  });
}

function play(socket: Socket): void {
  let received: Buffer = EMPTY;
  socket.setNoDelay();
  socket.on("data", (chunk: Buffer) => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
    if (received.length < ECHO.length) return;
    if (received.equals(ECHO)) echoes += 1;
    else failed += 1;
    received = EMPTY;
    socket.write(SENT);
  });
  socket.on("error", () => {
    failed += 1;
  });
  socket.write(SENT);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
