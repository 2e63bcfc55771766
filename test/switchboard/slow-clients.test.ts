import { switchboardTest } from "effection-switchboard/testing";
import { describe, expect } from "vitest";
import type { AppFactory, RunConfig } from "../../src/index.ts";
import { Client, get } from "../support/client.ts";

const POST = get("shop", "/", "Content-Length: 10\r\n").replace("GET", "POST");
const reading: AppFactory = () => (request, response) => {
  request.on("error", () => {});
  request.resume().on("end", () => response.end("read"));
};
const config: RunConfig = { app: reading, headTimeoutMs: 200, bodyTimeoutMs: 200 };
const test = switchboardTest(config);
const testEarly = switchboardTest({ ...config, app: () => (_request, response) => void response.end("early") });

describe("a client that sends half a request and waits", () => {
  test("in its head gets 408, and its connection ends", async ({ switchboard, events }) => {
    const client = new Client(switchboard.port).send("GET / HTTP/1.1\r\nHost: shop.loc");
    expect(await client.end()).toMatch(/^HTTP\/1.1 408 .*Connection: close.*"code":"REQUEST_TIMEOUT"/s);
    client.destroy();
    expect(events.lines("starting")).toEqual([]);
  });

  test("in its body gets 408, and its connection ends", async ({ switchboard }) => {
    const client = new Client(switchboard.port).send(`${POST}half`);
    expect(await client.end()).toMatch(/^HTTP\/1.1 408 .*"code":"REQUEST_TIMEOUT"/s);
    client.destroy();
  });

  testEarly(
    "in a body that the app did not wait for loses its connection, with the answer it had",
    async ({ switchboard }) => {
      const client = new Client(switchboard.port).send(`${POST}half`);
      expect(await client.end()).toMatch(/^HTTP\/1.1 200 .*early/s);
      expect(client.received).not.toContain("408");
      client.destroy();
    },
  );

  test("is no reason to end one that keeps sending, however slowly", async ({ switchboard }) => {
    const client = new Client(switchboard.port).send(POST);
    for (const byte of "0123456789") {
      await new Promise((resolve) => setTimeout(resolve, 60));
      client.send(byte);
    }
    expect(await client.until("read")).toContain("200 OK");
    client.destroy();
  });

  test("before it sends anything is let go", async ({ switchboard }) => {
    const client = new Client(switchboard.port);
    await client.end();
    client.destroy();
  });
});
