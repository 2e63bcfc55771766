// #region main
import { once } from "node:events";
import { main, type Operation, until } from "effection";
import { WebSocket } from "ws";
import { ask } from "../ask.ts";
import { usePool } from "../pool/pool.ts";
import { app } from "./app.ts";
import { useProxy } from "./proxy.ts";
import { useSwitchboard } from "./switchboard.ts";

await main(function* () {
  const pool = yield* usePool({ app, onEvent: ({ type, hostname }) => console.log(`${type} ${hostname}`) });

  const proxy = yield* useProxy(pool);
  console.log(`through the proxy: ${yield* until(ask(proxy.port, "/", "shop.localhost"))}`);

  const board = yield* useSwitchboard(pool);
  console.log(`handed over: ${yield* until(ask(board.port, "/", "shop.localhost"))}`);
  console.log(`another name: ${yield* until(ask(board.port, "/", "blog.localhost"))}`);
  console.log(`no name: ${yield* until(ask(board.port, "/", "a..b"))}`);

  // The first request for a name may be a WebSocket.
  console.log(`WebSocket: ${yield* chat(board.port, "chat.localhost", "hi")}`);
});

function* chat(port: number, host: string, text: string): Operation<string> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}`, { headers: { host } });
  yield* until(once(socket, "open"));
  socket.send(text);
  const [answer] = yield* until(once(socket, "message"));
  socket.terminate();
  return String(answer);
}
// #endregion
