import type { RequestListener, Server } from "node:http";
import express from "express";
import { WebSocketServer } from "ws";

/** What is served: an Express app, a bare request listener, or a WebSocket echo. */
export type AppKind = "express" | "handler" | "echo";

/** Makes the app of `hostname`; an echo attaches itself to `server`. */
export function makeApp(kind: AppKind, hostname: string, server: Server): RequestListener {
  const text = `hello from ${hostname}\n`;
  if (kind === "express") return express().get("/", (_request, response) => void response.send(text));
  if (kind === "echo") attachEcho(server);
  return (_request, response) => void response.end(text);
}

function attachEcho(server: Server): void {
  new WebSocketServer({ server }).on("connection", (socket) => {
    socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
  });
}
