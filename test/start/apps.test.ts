import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath, pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { type AppsConfig, createSwitchboard, type RunConfig, type RunningSwitchboard } from "../../src/index.ts";
import { withBoard } from "../support/board.ts";
import { answering, makeFolder } from "../support/folder.ts";

const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));
const MODULE = fixture("where-app.mjs");
const COMMAND = [process.execPath, fixture("command.mjs")];

const ask = async (board: RunningSwitchboard, hostname: string, init?: RequestInit) =>
  (await board.fetch(hostname, "/", init)).text();

describe("apps", () => {
  it("are modules in a thread or inline, commands and servers that somebody else runs", async () => {
    const other = createServer((_request, response) => response.end("hello from elsewhere"));
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const { port } = other.address() as AddressInfo;
    const apps: AppsConfig = {
      thread: { module: MODULE },
      inline: { module: pathToFileURL(MODULE), kind: "inline" },
      command: { command: COMMAND },
      remote: { url: `http://127.0.0.1:${port}` },
    };
    await withBoard({ apps }, async (board) => {
      expect(await ask(board, "thread")).toBe("hello from a thread");
      expect(await ask(board, "inline")).toBe("hello from the main thread");
      expect(await ask(board, "command")).toBe("hello from a command");
      expect(await ask(board, "remote")).toBe("hello from elsewhere");
      expect(board.pool.list().every(({ hostname, kind }) => hostname === kind)).toBe(true);
    });
    other.close();
  });

  it("answer the names that fit their pattern, the most specific one first", async () => {
    const apps: AppsConfig = {
      "*.docs": { module: MODULE, kind: "inline" },
      "API.docs": { command: COMMAND },
    };
    await withBoard({ apps }, async (board) => {
      expect(await ask(board, "a.docs")).toBe("hello from the main thread");
      expect(await ask(board, "api.docs")).toBe("hello from a command");
      expect((await board.fetch("docs")).status).toBe(404);
    });
  });

  it("are told to whoever asks for one that does not exist", async () => {
    await withBoard({ apps: { shop: { module: MODULE }, "*.docs": { command: "x" } } }, async (board) => {
      const response = await board.fetch("other");
      expect(response.status).toBe(404);
      expect(await response.json()).toMatchObject({
        code: "DECLINED",
        detail: 'there is no app for "other"; the names that exist: shop, *.docs',
        names: ["shop", "*.docs"],
      });
      const page = await ask(board, "other", { headers: { accept: "text/html" } });
      expect(page).toContain("the names that exist: shop, *.docs</p>");
      await expect(board.pool.getOrCreate("other")).rejects.toMatchObject({ names: ["shop", "*.docs"] });
      expect(board.pool.inspect().refused).toEqual([]);
    });
  });

  it("do not make room for names that have none: such a request ends nobody's server", async () => {
    await using folder = await makeFolder({ "shop.mjs": answering("shop") });
    const apps = { shop: { module: folder.at("shop.mjs") } };
    for (const config of [{ apps }, { apps: folder.path }]) {
      const { log } = await withBoard({ ...config, maxServers: 1 }, async (board) => {
        expect(await ask(board, "shop")).toBe("shop");
        for (const name of ["a", "b"]) expect((await board.fetch(name)).status).toBe(404);
        expect(board.pool.get("shop")).toBeDefined();
      });
      expect(log.lines("started", "stopping")).toEqual(["started shop", "stopping shop"]);
      expect(log.all).toContainEqual({ type: "stopping", hostname: "shop", reason: "closing" });
    }
  });

  it("are not told to a client on another machine", async () => {
    await withBoard({ apps: { shop: { module: MODULE } } }, async (board) => {
      const response = await board.fetch("other", "/", { headers: { "x-forwarded-for": "192.0.2.1" } });
      const problem = (await response.json()) as object;
      expect(problem).toMatchObject({ detail: 'there is no app for "other"' });
      expect(problem).not.toHaveProperty("names");
    });
  });

  it.each<[string, string[], RegExp]>([
    ["none", [], /; there are no names yet$/],
    ["more than 20", Array.from({ length: 23 }, (_, i) => `app-${i}`), /app-0, .*, app-19 and 3 more$/],
    ["long ones", Array.from({ length: 9 }, (_, i) => `${"x".repeat(60)}${i}`), /x0, .*x3 and 5 more$/],
  ])("are told in a sentence of a readable length, also %s", async (_what, names, detail) => {
    const apps = Object.fromEntries(names.map((name) => [name, { module: MODULE }]));
    await withBoard({ apps }, async (board) => {
      expect(await (await board.fetch("other")).json()).toMatchObject({ detail: expect.stringMatching(detail), names });
    });
  });

  it("have options of their own, as in hostnames", async () => {
    const apps: AppsConfig = {
      shop: { module: MODULE, kind: "inline", idleTimeoutMs: 20 },
      blog: { module: MODULE, kind: "inline", rateLimit: { limit: 1, windowMs: 60_000 } },
    };
    const hostnames = { shop: { graceMs: 5 } };
    await withBoard({ apps, hostnames }, async (board, log) => {
      await ask(board, "shop");
      await ask(board, "blog");
      expect((await board.fetch("blog")).status).toBe(429);
      expect(await log.next("stopping", "shop", { timeoutMs: 10_000 })).toMatchObject({ reason: "idle" });
      expect(board.pool.get("blog")).toBeDefined();
    });
  });

  it("that cannot be loaded fail alone, say why, and are bounded in time", async () => {
    await using folder = await makeFolder({
      "no-default.mjs": "export const app = 1;\n",
      "broken.mjs": "export default () => {\n",
      "imports-broken.mjs": 'import "./broken.mjs";\n',
      "typo.ts": "export default () => ;\n",
      "exits.mjs": "process.exit(3);\n",
      "listens.mjs": 'import { createServer } from "node:http";\ncreateServer(() => {}).listen(0);\n',
      "hangs.mjs": "await new Promise(() => setInterval(() => {}, 1_000));\n",
      "good.mjs": answering("good"),
    });
    const bad = [
      ["no-default", /: its default export must be an app factory.* \(.*no-default.mjs\)/],
      ["broken", /: Unexpected end of input \(.*\/broken.mjs:2\)$/],
      ["imports-broken", /: Unexpected end of input \(.*\/broken.mjs:2\)$/],
      ["typo", /typo.ts:1:21: ERROR: Unexpected ";"/],
      ["exits", /exited with code 3 before it was ready/],
      ["listens", /: its default export must be an app factory.* \(.*listens.mjs\)/],
      ["gone", /there is no file .*gone/],
      ["hangs", /was not ready within 500 ms/],
    ] as const;
    const names = [...bad.map(([name]) => name), "good"];
    const apps = Object.fromEntries(
      names.map((name) => [name, { module: folder.at(`${name}.${name === "typo" ? "ts" : "mjs"}`) }]),
    );
    await withBoard({ apps, hostnames: { hangs: { startTimeoutMs: 500 } }, maxStarts: 20 }, async (board) => {
      const answers = await Promise.all(
        bad.map(async ([name]) => (await (await board.fetch(name)).json()) as { status: number; detail: string }),
      );
      for (const [i, [name, why]] of bad.entries()) {
        expect(answers[i]?.status).toBe(name === "hangs" ? 504 : 503);
        expect(answers[i]?.detail).toMatch(why);
      }
      expect(await ask(board, "good")).toBe("good");
    });
  });

  it("that are inline and cannot be loaded fail alone, say why, and are bounded in time, too", async () => {
    await using folder = await makeFolder({
      "no-default.mjs": "export const app = 1;\n",
      "broken.mjs": "export default () => {\n",
      "hangs.mjs": "await new Promise(() => {});\n",
      "good.mjs": answering("good"),
    });
    const names = ["no-default", "broken", "hangs", "gone", "good"];
    const apps = Object.fromEntries(
      names.map((name) => [name, { module: folder.at(`${name}.mjs`), kind: "inline" as const, startTimeoutMs: 1_000 }]),
    );
    await withBoard({ apps }, async (board) => {
      const seen = names.slice(0, -1).map(async (name) => (await (await board.fetch(name)).json()) as object);
      expect(await Promise.all(seen)).toMatchObject([
        { status: 503, detail: expect.stringMatching(/: its default export must be .*no-default.mjs/) },
        {
          status: 503,
          detail: expect.stringMatching(/could not start: .*(?:syntax|Unexpected end of input).*broken.mjs/),
        },
        { status: 504, detail: expect.stringContaining("was not ready within 1000 ms") },
        { status: 503, detail: expect.stringMatching(/: there is no file .*gone.mjs/) },
      ]);
      expect(await ask(board, "good")).toBe("good");
    });
  });

  it.each<[string, RunConfig, string]>([
    [
      "an unknown option",
      { apps: { shop: { modul: "x" } as never } },
      "apps['shop'] has no option 'modul'; did you mean 'module'?",
    ],
    [
      "an option of another kind of app",
      { apps: { shop: { url: "http://127.0.0.1:1", cwd: "." } as never } },
      "apps['shop'], which has url, has no option 'cwd'; it knows url, ",
    ],
    ["no app", { apps: { shop: {} as never } }, "apps['shop'] must be an app with exactly one of module, command, url"],
    [
      "two apps in one",
      { apps: { shop: { module: "x", command: "y" } as never } },
      "apps['shop'] must be an app with exactly one of module, command, url",
    ],
    ["something else", { apps: { shop: "./shop.ts" as never } }, "apps['shop'] must be an object of options, got"],
    ["a list", { apps: [] as never }, "apps must be the path of a folder, or an object with an app for each hostname"],
    ["two names that are one", { apps: { shop: { command: "x" }, "Shop.": { command: "y" } } }, "are the same pattern"],
    [
      "a pattern that fits no name",
      { apps: { "sh op": { command: "x" } } },
      "apps: a pattern must be a hostname such as",
    ],
    ["a wildcard in the middle", { apps: { "a.*.b": { command: "x" } } }, "apps: a pattern must be a hostname such as"],
    ["a wildcard alone", { apps: { "*": { command: "x" } } }, "apps: a pattern must be a hostname such as"],
    [
      "a kind that does not exist",
      { apps: { a: { module: "x", kind: "fast" as never } } },
      "apps['a']: kind must be one of",
    ],
    ["a module that is no file", { apps: { a: { module: "http://x.test/" } } }, "apps['a']: module must be the path"],
    ["no command", { apps: { a: { command: "" } } }, "apps['a']: command must be text that is not empty"],
    [
      "a URL with a path",
      { apps: { a: { url: "http://127.0.0.1/x" } } },
      "apps['a']: url: target.origin must be a URL",
    ],
    [
      "a path that is no text",
      { apps: { a: { command: "x", watch: [1 as never] } } },
      "apps['a']: watch[0] must be text",
    ],
    [
      "what to watch of an inline app",
      { apps: { a: { module: "x", kind: "inline", watch: ["."] } } },
      "apps['a']: watch must be absent beside kind 'inline', which is loaded only once",
    ],
    [
      "an option that hostnames has, too",
      { apps: { a: { command: "x", graceMs: 1 } }, hostnames: { a: { graceMs: 2 } } },
      "hostnames['a'] must be without graceMs, which stands in apps, too",
    ],
    [
      "a wrong value of one",
      { apps: { a: { command: "x", graceMs: -1 } } },
      "apps['a']: graceMs must be a finite number",
    ],
    [
      "a wrong value inside of one",
      { apps: { a: { command: "x", health: {} as never } } },
      "apps['a']: health.path must be a path",
    ],
    [
      "a wrong value of a guard",
      { apps: { a: { command: "x", rateLimit: { limit: 0, windowMs: 1 } } } },
      "apps['a']: rateLimit: limit must be a whole number",
    ],
    ["app beside it", { apps: {}, app: () => undefined }, "apps must be absent beside app: only one of them can be"],
    ["a folder that does not exist", { apps: "test/nowhere" }, "apps must be the path of a folder that exists, got"],
    ["watch without it", { watch: true }, "watch must be absent or false without apps: only their files are known"],
    ["watch that is a path", { apps: {}, watch: "src" as never }, "watch must be true or false, got 'src'"],
  ])("are refused with %s", async (_what, config, message) => {
    await expect(createSwitchboard(config)).rejects.toMatchObject({
      code: "INVALID_OPTION",
      message: expect.stringContaining(message),
    });
  });
});
