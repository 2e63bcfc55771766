import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { type Client, createClientOf } from "../../src/server/client.ts";
import { Client as Connection } from "../support/client.ts";

/** Who the server thinks asks, for a request with `fields` over a real connection. */
async function ask(trusted: readonly string[], fields: string, at = "127.0.0.1"): Promise<Client> {
  const clientOf = createClientOf(trusted);
  const server = createServer((request, response) => void response.end(JSON.stringify(clientOf(request))));
  server.listen(0, at);
  await once(server, "listening");
  const connection = new Connection((server.address() as AddressInfo).port, at === "::" ? "127.0.0.1" : at);
  try {
    const text = await connection
      .send(`GET / HTTP/1.1\r\nHost: a.localhost:8000\r\nConnection: close\r\n${fields}\r\n`)
      .end();
    return JSON.parse(text.slice(text.indexOf("\r\n\r\n") + 4));
  } finally {
    connection.destroy();
    server.close();
  }
}

const LIES =
  "X-Forwarded-For: 1.2.3.4\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: evil.example\r\nX-Forwarded-Port: 9\r\n";

describe("createClientOf", () => {
  it("believes nobody by default: the client is the peer", async () => {
    const peer = {
      address: "127.0.0.1",
      peer: "127.0.0.1",
      proto: "http",
      host: "a.localhost:8000",
      port: 8000,
      viaProxy: false,
    };
    expect(await ask([], LIES)).toEqual(peer);
  });

  it("does not believe a peer that is not in the list", async () => {
    expect(await ask(["10.0.0.0/8"], LIES)).toMatchObject({ address: "127.0.0.1", proto: "http", port: 8000 });
  });

  it("believes a trusted peer", async () => {
    const client = {
      address: "1.2.3.4",
      peer: "127.0.0.1",
      proto: "https",
      host: "evil.example",
      port: 9,
      viaProxy: true,
    };
    expect(await ask(["127.0.0.1"], LIES)).toEqual(client);
    expect(await ask(["loopback"], LIES)).toEqual(client);
  });

  it("gives an IPv4 client of an IPv6 socket its IPv4 address, and trusts it as such", async () => {
    expect(await ask([], "", "::")).toMatchObject({ address: "127.0.0.1" });
    expect(await ask(["127.0.0.0/8"], LIES, "::")).toMatchObject({ address: "1.2.3.4" });
    expect(await ask(["loopback"], "X-Forwarded-For: ::ffff:9.8.7.6\r\n", "::")).toMatchObject({ address: "9.8.7.6" });
  });

  it.each([
    ["takes the last address that is not trusted, not the first", "6.6.6.6, 5.5.5.5, 10.1.1.1", "5.5.5.5"],
    ["reads several lines as one list", "6.6.6.6\r\nX-Forwarded-For: 5.5.5.5\r\nx-forwarded-for: 10.1.1.1", "5.5.5.5"],
    ["takes the first when all are trusted", "10.2.2.2, 10.1.1.1", "10.2.2.2"],
    ["takes addresses with ports", "6.6.6.6, 5.5.5.5:81, 10.1.1.1:443", "5.5.5.5"],
    ["takes IPv6 in brackets and without", "[2001:db8::1]:81, 10.1.1.1", "2001:db8::1"],
    ["takes bare IPv6", "2001:db8::2", "2001:db8::2"],
    ["stops at what is no address", "6.6.6.6, unknown, 10.1.1.1", "10.1.1.1"],
    ["stops at an empty one", "6.6.6.6, , 10.1.1.1", "10.1.1.1"],
    ["looks at no more than 30", `6.6.6.6${", 10.1.1.1".repeat(40)}`, "10.1.1.1"],
  ])("%s", async (_what, forwardedFor, address) => {
    expect(await ask(["loopback", "10.0.0.0/8"], `X-Forwarded-For: ${forwardedFor}\r\n`)).toMatchObject({ address });
  });

  it("keeps what it knows where a trusted peer says nonsense", async () => {
    const nonsense =
      'X-Forwarded-Proto: ftp\r\nX-Forwarded-Host: a b"\r\nX-Forwarded-Port: 70000\r\nX-Forwarded-For: <script>\r\n';
    expect(await ask(["loopback"], nonsense)).toEqual({ ...(await ask([], "")), viaProxy: true });
  });

  it("finds the port in the host, else takes the usual one", async () => {
    const port = async (fields: string) => (await ask(["loopback"], fields)).port;
    expect(await port("X-Forwarded-Host: shop.example:4433\r\n")).toBe(4433);
    expect(await port("X-Forwarded-Host: [::1]:4433\r\n")).toBe(4433);
    expect(await port("X-Forwarded-Host: shop.example\r\n")).toBe(80);
    expect(await port("X-Forwarded-Host: shop.example\r\nX-Forwarded-Proto: https\r\n")).toBe(443);
  });

  it.each([[["nonsense"]], [["10.0.0.0/99"]], [[""]], ["loopback"]])("refuses %j", (trusted) => {
    expect(() => createClientOf(trusted as string[])).toThrow(
      expect.objectContaining({ code: "INVALID_OPTION", message: expect.stringContaining("trustedProxies") }),
    );
  });
});
