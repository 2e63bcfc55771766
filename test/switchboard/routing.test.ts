import { switchboardTest } from "effection-switchboard/testing";
import { describe, expect, it } from "vitest";
import type { AppFactory, RunConfig } from "../../src/index.ts";
import { useSwitchboard } from "../../src/index.ts";
import { withBoard } from "../support/board.ts";
import { Client } from "../support/client.ts";

const named: AppFactory =
  ({ hostname }) =>
  (request, response) =>
    void response.end(`${hostname} ${request.headers.host}`);

const test = switchboardTest({ app: named });
const testDomain = switchboardTest({ app: named, domains: ["example.test"] });

async function ask(port: number, host: string, fields = ""): Promise<string> {
  const client = new Client(port).send(`GET / HTTP/1.1\r\nHost: ${host}\r\n${fields}Connection: close\r\n\r\n`);
  const answer = await client.end();
  client.destroy();
  const [, status] = answer.split(" ", 2);
  return status === "200"
    ? answer.slice(answer.indexOf("\r\n\r\n") + 4).replace(/^[0-9a-f]+\r\n|\r\n0\r\n\r\n$/g, "")
    : String(status);
}

describe("domains", () => {
  it.each<[string, RunConfig, string, string]>([
    ["any name", {}, "shop.example.test:80", "shop.example.test"],
    ["a name under localhost", {}, "shop.localhost", "shop"],
    ["a name of several labels", {}, "a.b.localhost", "a.b"],
    ["a name that only ends like the domain", {}, "notlocalhost", "notlocalhost"],
    ["a name under a domain", { domains: ["example.test"] }, "Shop.Example.TEST.", "shop"],
    ["a name under the longer domain", { domains: ["test", "example.test"] }, "shop.example.test", "shop"],
    ["a domain itself", { domains: ["example.test"] }, "example.test", "default"],
    ["a loopback name", { domains: ["example.test"], defaultHostname: "home" }, "127.0.0.1", "home"],
  ])("route %s", async (_what, config, host, hostname) => {
    await withBoard({ app: named, ...config }, async (board) => {
      expect(await ask(board.port, host)).toBe(`${hostname} ${host}`);
    });
  });

  testDomain.for(["shop.localhost", "example.test.evil.test", "badexample.test", "10.0.0.1"])(
    "refuse %s, which is not under them, with 421 and start nothing",
    async (host, { switchboard, events }) => {
      expect(await ask(switchboard.port, host)).toBe("421");
      expect(events.lines("starting")).toEqual([]);
    },
  );

  it("lead people to localhost, if it is served, and to the dashboard where it answers", async () => {
    const app = () => {
      throw new Error("no");
    };
    await withBoard({ app, domains: ["localhost", "shops.test"] }, async (board) => {
      expect(board.url("shop")).toBe(`http://shop.localhost:${board.port}`);
    });
    await withBoard({ app, domains: ["shops.test"] }, async (board) => {
      const page = await (await board.fetch("shop", "/", { headers: { accept: "text/html" } })).text();
      expect(page).toContain(`<a href="http://switchboard.localhost:${board.port}/#/services/shop">`);
    });
  });

  testDomain("appear in the URLs that are given out", async ({ switchboard, fetch }) => {
    expect(switchboard.url("shop", "/cart")).toBe(`http://shop.example.test:${switchboard.port}/cart`);
    expect(await (await fetch("shop")).text()).toBe(`shop shop.example.test:${switchboard.port}`);
  });
});

describe("X-App-Name", () => {
  test.for([
    ["localhost", "X-App-Name: shop\r\n", "shop localhost"],
    ["127.0.0.1:8000", "X-App-Name: SHOP\r\n", "shop 127.0.0.1:8000"],
    ["[::1]:8000", "x-app-name: shop\r\n", "shop [::1]:8000"],
    ["blog.localhost", "X-App-Name: shop\r\n", "blog blog.localhost"],
    ["localhost", "X-App-Name: a b\r\n", "400"],
    ["localhost", "X-App-Name: a\r\nX-App-Name: b\r\n", "400"],
  ] as const)("on %s with %j", async ([host, fields, answer], { switchboard }) => {
    expect(await ask(switchboard.port, host, fields)).toBe(answer);
  });
});

describe("the switchboard's own paths", () => {
  test("tell how it is under every name, and start nothing", async ({ fetch, events }) => {
    for (const name of ["shop", "switchboard"]) {
      const response = await fetch(name, "/__switchboard/health?now");
      expect(response.status).toBe(200);
      expect(await response.json()).toEqual({ status: "ok", uptimeMs: expect.any(Number) });
    }
    expect(events.lines("starting")).toEqual([]);
  });

  test("list the servers on loopback names only", async ({ switchboard, pool, fetch }) => {
    const { port } = await pool.getOrCreate("shop");
    for (const host of ["localhost", "127.0.0.1", "[::1]", "switchboard.localhost"]) {
      const client = new Client(switchboard.port).send(
        `GET /__switchboard/servers HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
      );
      const answer = await client.end();
      client.destroy();
      expect(JSON.parse(answer.slice(answer.indexOf("\r\n\r\n")))).toMatchObject({
        running: 1,
        requests: { active: 0 },
        servers: [{ hostname: "shop", state: "running", port, url: `http://shop.localhost:${switchboard.port}` }],
      });
    }
    const elsewhere = await fetch("shop", "/__switchboard/servers");
    expect(await elsewhere.text()).toContain("shop shop.localhost");
  });

  test("say what there is when there is nothing", async ({ fetch }) => {
    const response = await fetch("switchboard", "/nothing");
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({
      code: "NOT_FOUND",
      detail: expect.stringContaining("/__switchboard/health"),
    });
  });
});

describe("useSwitchboard", () => {
  it.each<[string, object, string]>([
    ["port", { port: "8000" }, "port must be a whole number from 0 to 65535, got '8000'"],
    ["port", {}, "port must be a whole number from 0 to 65535, got undefined"],
    ["host", { port: 0, host: "" }, "host must be text that is not empty, got ''"],
    ["defaultHostname", { port: 0, defaultHostname: "a b" }, "defaultHostname must be a hostname"],
    [
      "domains",
      { port: 0, domains: "example.test" },
      "domains must be a list with at least one name, got 'example.test'",
    ],
    ["domains", { port: 0, domains: ["example..test"] }, "domains[0] must be a hostname"],
    ["admit", { port: 0, admit: true }, "admit must be a function, got true"],
    ["bodyTimeoutMs", { port: 0, bodyTimeoutMs: -1 }, "bodyTimeoutMs must be a finite number >= 1"],
    ["an option that does not exist", { port: 0, hots: "::1" }, "useSwitchboard has no option 'hots'"],
  ])("refuses a bad value of %s before it opens anything", (_option, config, message) => {
    const pool = {} as Parameters<typeof useSwitchboard>[1];
    expect(() => useSwitchboard(config as never, pool)).toThrow(message);
  });
});
