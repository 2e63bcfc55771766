// #region broken
import { once } from "node:events";
import { main, until } from "effection";
import { WebSocket, WebSocketServer } from "ws";
import { usePool } from "../pool/pool.ts";
import { useSwitchboard } from "./switchboard.ts";

await main(function* () {
  const pool = yield* usePool({
    *app({ server }) {
      new WebSocketServer({ server }).on("connection", (socket) => {
        socket.on("error", () => {});
        socket.on("message", () => socket.send("hello from a server that is gone"));
      });
      return (_request, response) => response.end();
    },
    onEvent: ({ type, hostname }) => console.log(`${type} ${hostname}`),
  });
  const { port } = yield* useSwitchboard(pool);

  const socket = new WebSocket(`ws://127.0.0.1:${port}`, { headers: { host: "chat.localhost" } });
  yield* until(once(socket, "open"));
  yield* until(pool.shutdown("chat"));
  socket.send("is anybody there?");
  const [answer] = yield* until(once(socket, "message"));
  console.log(String(answer));
});
// #endregion
