/** http-proxy in front of a server. `http-proxy.ts <"keep-alive" | "naive"> <port of the server>` */
import { Agent, createServer, type ServerResponse } from "node:http";
import express from "express";
import { createProxyServer } from "http-proxy";
import { serve } from "./program.ts";

const [kind, port] = process.argv.slice(2) as ["keep-alive" | "naive", string];
const target = `http://127.0.0.1:${port}`;
const agent = kind === "keep-alive" ? { agent: new Agent({ keepAlive: true }) } : {};
const proxy = createProxyServer({ target, ...agent });
proxy.on("error", (_error, _request, response) => {
  if ("writeHead" in response) (response as ServerResponse).writeHead(502).end();
  else response.destroy();
});

const server =
  kind === "naive"
    ? createServer(express().use((request, response) => void proxy.web(request, response)))
    : createServer((request, response) => void proxy.web(request, response));
server.on("upgrade", (request, socket, head) => proxy.ws(request, socket, head));
serve(server);
