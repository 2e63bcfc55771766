import { describe, expect, it } from "vitest";
import type { AppFactory, RunConfig } from "../../src/index.ts";
import { withBoard } from "../support/board.ts";
import { Client, get } from "../support/client.ts";

const POST = get("shop", "/", "Content-Length: 10\r\n").replace("GET", "POST");
const reading: AppFactory = () => (request, response) => {
  request.on("error", () => {});
  request.resume().on("end", () => response.end("read"));
};
const config: RunConfig = { app: reading, headTimeoutMs: 200, bodyTimeoutMs: 200 };

describe("a client that sends half a request and waits", () => {
  it("in its head gets 408, and its connection ends", async () => {
    const { log } = await withBoard(config, async (board) => {
      const client = new Client(board.port).send("GET / HTTP/1.1\r\nHost: shop.loc");
      expect(await client.end()).toMatch(/^HTTP\/1.1 408 .*Connection: close.*"code":"REQUEST_TIMEOUT"/s);
      client.destroy();
    });
    expect(log.lines("starting")).toEqual([]);
  });

  it("in its body gets 408, and its connection ends", async () => {
    await withBoard(config, async (board) => {
      const client = new Client(board.port).send(`${POST}half`);
      expect(await client.end()).toMatch(/^HTTP\/1.1 408 .*"code":"REQUEST_TIMEOUT"/s);
      client.destroy();
    });
  });

  it("in a body that the app did not wait for loses its connection, with the answer it had", async () => {
    await withBoard({ ...config, app: () => (_request, response) => void response.end("early") }, async (board) => {
      const client = new Client(board.port).send(`${POST}half`);
      expect(await client.end()).toMatch(/^HTTP\/1.1 200 .*early/s);
      expect(client.received).not.toContain("408");
      client.destroy();
    });
  });

  it("is no reason to end one that keeps sending, however slowly", async () => {
    await withBoard(config, async (board) => {
      const client = new Client(board.port).send(POST);
      for (const byte of "0123456789") {
        await new Promise((resolve) => setTimeout(resolve, 60));
        client.send(byte);
      }
      expect(await client.until("read")).toContain("200 OK");
      client.destroy();
    });
  });

  it("before it sends anything is let go", async () => {
    await withBoard(config, async (board) => {
      const client = new Client(board.port);
      await client.end();
      client.destroy();
    });
  });
});
