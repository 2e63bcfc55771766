/** Opens WebSockets, so many at once, has each echo a message, and closes them. `sockets-load.ts <port> <count> <at once>` */
import { WebSocket } from "ws";
import { report } from "./program.ts";

const [port = 0, count = 0, width = 1] = process.argv.slice(2).map(Number);
const DIALS = 100;
let echoed = 0;
const began = performance.now();

for (let done = 0; done < count; done += width) {
  const size = Math.min(width, count - done);
  const sockets: WebSocket[] = [];
  for (let i = 0; i < size; i += DIALS) {
    sockets.push(...(await Promise.all(Array.from({ length: Math.min(DIALS, size - i) }, open))));
  }
  await Promise.all(sockets.map(echo));
  await Promise.all(sockets.map(close));
}
const seconds = (performance.now() - began) / 1_000;
const left = async () => {
  const headers = { Host: `127.0.0.1:${port}` };
  const state = await (await fetch(`http://127.0.0.1:${port}/__switchboard/servers`, { headers })).json();
  return (state as { sockets: { active: number } }).sockets.active;
};
for (let tries = 0; tries < 100 && (await left()) > 0; tries += 1)
  await new Promise((resolve) => setTimeout(resolve, 50));
report({ seconds, echoed, left: await left() });

function open(): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/`, { headers: { Host: "h0.localhost" } });
    socket.on("open", () => resolve(socket)).on("error", reject);
  });
}

function echo(socket: WebSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket
      .on("close", () => reject(new Error("a socket was closed before its echo")))
      .on("message", (data) => {
        if (String(data) === "hello") echoed += 1;
        resolve();
      });
    socket.send("hello");
  });
}

function close(socket: WebSocket): Promise<void> {
  return new Promise((resolve) => {
    socket.on("close", () => resolve());
    socket.close();
  });
}
