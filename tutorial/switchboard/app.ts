// #region app
import type { Server } from "node:http";
import { ensure, type Operation, resource } from "effection";
import express from "express";
import { WebSocketServer } from "ws";
import type { AppFactory } from "../pool/types.ts";

/** Says hello, and echoes WebSockets. */
export const app: AppFactory = function* ({ hostname, server }) {
  yield* useEcho(hostname, server);
  return express().get("/", (_request, response) => void response.send(`hello from ${hostname}\n`));
};
// #endregion

// #region echo
function useEcho(hostname: string, server: Server): Operation<void> {
  return resource(function* (provide) {
    const echo = new WebSocketServer({ server });
    echo.on("connection", (socket) => {
      socket.on("error", () => {}); // a frame that is none: ws closes the connection itself
      socket.on("message", (data) => socket.send(`${hostname} heard ${data}`));
    });
    yield* ensure(() => {
      for (const client of echo.clients) client.terminate();
    });
    yield* provide();
  });
}
// #endregion
