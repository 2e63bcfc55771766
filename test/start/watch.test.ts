import { rename } from "node:fs/promises";
import type { EventLog } from "effection-switchboard/testing";
import { describe, expect, it, vi } from "vitest";
import type { RunningSwitchboard } from "../../src/index.ts";
import { withBoard } from "../support/board.ts";
import { Client, get } from "../support/client.ts";
import { answering, type Folder, makeFolder } from "../support/folder.ts";

const text = async (board: RunningSwitchboard, hostname: string, path = "/") =>
  (await board.fetch(hostname, path)).text();

/** A thread takes its time to start on a busy machine. */
const PATIENT = { timeoutMs: 10_000 };

/** Writes a file, and returns when the change has been seen. */
async function change(folder: Folder, file: string, content: string, log: EventLog, hostname = "shop"): Promise<void> {
  await folder.write(file, content);
  expect(await log.next("changed", hostname, PATIENT)).toMatchObject({ file: folder.at(file) });
}

const SLOW = `export default () => (request, response) => {
  if (request.url !== "/slow") return response.end("old");
  response.writeProcessing();
  setTimeout(() => response.end("slow but done"), 300);
};
`;

const ECHO = `export default ({ server }) => {
  server.on("upgrade", (_request, socket) => {
    socket.write("HTTP/1.1 101 Switching Protocols\\r\\nConnection: Upgrade\\r\\nUpgrade: x\\r\\n\\r\\n");
    socket.pipe(socket);
  });
  return (_request, response) => response.end("echo");
};
`;

describe("watch", () => {
  it("watches nothing for an app that begins while all drains", async () => {
    const slow = `await new Promise((resolve) => setTimeout(resolve, 300));\n${answering("slow")}`;
    await using folder = await makeFolder({ "slow.mjs": slow, "next.mjs": answering("next") });
    const { log } = await withBoard({ apps: folder.path, watch: true, maxStarts: 1 }, async (board, log) => {
      const slowly = text(board, "slow");
      await log.next("starting", "slow", PATIENT);
      const next = text(board, "next");
      await log.next("starting", "next", PATIENT);
      const closed = board.close();
      expect([await slowly, await next]).toEqual(["slow", "next"]);
      await closed;
    });
    expect(log.lines("draining", "started")).toEqual(["draining", "started slow", "started next"]);
  });

  it("starts an app again whose file has changed, and requests wait for it", async () => {
    await using folder = await makeFolder({ "shop.mjs": answering("one") });
    await withBoard({ apps: folder.path, watch: true }, async (board, log) => {
      expect(await text(board, "shop")).toBe("one");
      for (const version of ["two", "three"]) {
        await change(folder, "shop.mjs", answering(version), log);
        expect(await text(board, "shop")).toBe(version);
      }
      expect(log.lines("changed", "stopping", "stopped", "started", "error")).toEqual([
        "started shop",
        ...["two", "three"].flatMap(() => ["changed shop", "stopping shop", "stopped shop", "started shop"]),
      ]);
    });
  });

  it("restarts after the old server has drained, and nobody else notices", async () => {
    await using folder = await makeFolder({ "shop.mjs": SLOW, "blog.mjs": ECHO });
    await withBoard({ apps: folder.path, watch: true }, async (board, log) => {
      await Promise.all([text(board, "shop"), text(board, "blog")]);
      const other = new Client(board.port).send(get("blog", "/", "Connection: Upgrade\r\nUpgrade: x\r\n"));
      await other.until("\r\n\r\n");
      const client = new Client(board.port).send(get("shop", "/slow"));
      await client.until("102 Processing");
      await change(folder, "shop.mjs", answering("new"), log);
      const meanwhile = text(board, "shop");
      expect(await client.until("slow but done")).toContain("slow but done");
      expect(await meanwhile).toBe("new");
      expect(await other.send("still here").until("still here")).toContain("still here");
      expect(log.lines().filter((line) => line.endsWith("blog"))).toEqual(["starting blog", "started blog"]);
      client.destroy();
      other.destroy();
    });
  });

  it("does not wait for long for a socket that stays open", async () => {
    await using folder = await makeFolder({ "shop.mjs": ECHO });
    await withBoard({ apps: folder.path, watch: true }, async (board, log) => {
      await text(board, "shop");
      const client = new Client(board.port).send(get("shop", "/", "Connection: Upgrade\r\nUpgrade: x\r\n"));
      await client.until("\r\n\r\n");
      await change(folder, "shop.mjs", answering("new"), log);
      // Well above the 2 s of a watched server, and below the 10 s of others.
      const response = await board.fetch("shop", "/", { signal: AbortSignal.timeout(8_000) });
      expect(await response.text()).toBe("new");
      expect(log.all).toContainEqual({ type: "cut", hostname: "shop", requests: 0, sockets: 1 });
      await client.end();
      client.destroy();
    });
  });

  it("knows what an app in a folder imports, also from folders that come later, but not what it writes or installs", async () => {
    const index = (name: string) => `import { text } from "./${name}";\n${answering("").replace('""', "text")}`;
    await using folder = await makeFolder({
      "shop/index.mjs": index("text.mjs"),
      "shop/text.mjs": 'export const text = "one";\n',
      "shop/node_modules/x/index.js": "",
      "shop/.cache/x.js": "",
      "shop/data/db.sqlite": "",
      "blog.mjs": answering("blog"),
    });
    await withBoard({ apps: folder.path, watch: true }, async (board, log) => {
      expect(await text(board, "shop")).toBe("one");
      for (const file of ["node_modules/x/index.js", ".cache/x.js", "data/db.sqlite", "out.log"]) {
        await folder.write(`shop/${file}`, "written");
      }
      await text(board, "blog");
      await change(folder, "blog.mjs", answering("later"), log, "blog"); // by now the others would be known
      expect(log.lines("changed")).toEqual(["changed blog"]);
      await change(folder, "shop/text.mjs", 'export const text = "two";\n', log);
      expect(await text(board, "shop")).toBe("two");
      await folder.write("shop/lib/text.mjs", 'export const text = "three";\n');
      await log.next("changed", "shop", PATIENT);
      expect(await text(board, "shop")).toBe("two");
      await change(folder, "shop/index.mjs", index("lib/text.mjs"), log);
      expect(await text(board, "shop")).toBe("three");
      await change(folder, "shop/lib/text.mjs", 'export const text = "four";\n', log);
      expect(await text(board, "shop")).toBe("four");
    });
  });

  it("says what is wrong with a file, waits with no backoff for the next one, and heals at once", async () => {
    await using folder = await makeFolder({ "shop.mjs": answering("good") });
    const restart = { backoff: { initialMs: 60_000, maxMs: 60_000 } };
    await withBoard({ apps: folder.path, watch: true, restart }, async (board, log) => {
      await text(board, "shop");
      await change(folder, "shop.mjs", "export default () => {\n", log);
      const broken = await board.fetch("shop");
      expect(broken.status).toBe(503);
      expect(await broken.json()).toMatchObject({ detail: expect.stringContaining("Unexpected end of input") });
      await log.next("backing-off", "shop", PATIENT);
      await change(folder, "shop.mjs", answering("mended"), log);
      expect(await text(board, "shop")).toBe("mended");
    });
  });

  it("that comes in the middle of a start begins a new one, for all who wait", async () => {
    await using folder = await makeFolder({
      "shop.mjs": 'console.log("loading");\nawait new Promise(() => setInterval(() => {}, 1_000));\n',
    });
    await withBoard({ apps: folder.path, watch: true }, async (board, log) => {
      const waiting = [text(board, "shop"), text(board, "shop")];
      await vi.waitFor(() => expect(board.pool.log("shop")).toHaveLength(1), { timeout: 10_000 });
      await change(folder, "shop.mjs", answering("at last"), log);
      expect(await Promise.all(waiting)).toEqual(["at last", "at last"]);
      expect(log.lines("error", "started")).toEqual(["started shop"]);
    });
  });

  it("stops an app whose file is gone, also in the middle of its start, and finds it when it is back", async () => {
    await using folder = await makeFolder({
      "shop.mjs": answering("here"),
      "slow.mjs": 'console.log("loading");\nawait new Promise(() => setInterval(() => {}, 1_000));\n',
      "blog/index.mjs": answering("blog"),
    });
    await withBoard({ apps: folder.path, watch: true }, async (board, log) => {
      expect(await text(board, "shop")).toBe("here");
      expect(await text(board, "blog")).toBe("blog");
      const slow = board.fetch("slow");
      await vi.waitFor(() => expect(board.pool.log("slow")).toHaveLength(1), { timeout: 10_000 });
      await Promise.all([folder.remove("shop.mjs"), folder.remove("slow.mjs")]);
      await rename(folder.at("blog"), folder.at(".blog"));
      await Promise.all([log.next("stopped", "shop", PATIENT), log.next("stopped", "blog", PATIENT)]);
      expect((await slow).status).toBe(503);
      expect(await (await board.fetch("shop")).json()).toMatchObject({ status: 404, names: [] });
      await log.next("changed", "shop", PATIENT);
      await folder.write("shop.mjs", answering("back"));
      expect(await text(board, "shop")).toBe("back");
      await change(folder, "shop.mjs", answering("again"), log);
      expect(await text(board, "shop")).toBe("again");
    });
  });

  it("takes many saves within a moment for one, whatever way an editor saves", async () => {
    await using folder = await makeFolder({ "shop.mjs": answering("one") });
    await withBoard({ apps: folder.path, watch: true }, async (board, log) => {
      await text(board, "shop");
      const saves = 10;
      for (let i = 1; i <= saves; i += 1) {
        await folder.write("shop.mjs.tmp", answering(`save ${i}`));
        await rename(folder.at("shop.mjs.tmp"), folder.at("shop.mjs"));
        await new Promise((resolve) => setTimeout(resolve, 10)); // one after the other, as a tool does
      }
      await log.next("changed", "shop", PATIENT);
      await vi.waitFor(async () => expect(await text(board, "shop")).toBe(`save ${saves}`), { timeout: 10_000 });
      expect(log.lines("changed").length).toBeLessThan(saves / 2);
    });
  });

  it("restarts every hostname of a pattern, and what it is told to for a command; others and inline ones it leaves", async () => {
    await using folder = await makeFolder({
      "docs.mjs": answering("docs"),
      "inline.mjs": answering("inline"),
      "server.mjs": `import { createServer } from "node:http";
import { readFileSync } from "node:fs";
const text = readFileSync("text/a.txt");
createServer((_request, response) => response.end(text)).listen(process.env.PORT, process.env.HOST);
`,
      "text/a.txt": "one",
    });
    const apps = {
      "*.docs": { module: folder.at("docs.mjs") },
      inline: { module: folder.at("inline.mjs"), kind: "inline" },
      command: { command: [process.execPath, "server.mjs"], cwd: folder.path, watch: [folder.at("text")] },
      unwatched: { command: [process.execPath, "server.mjs"], cwd: folder.path },
    } as const;
    await withBoard({ apps, watch: true }, async (board, log) => {
      const names = ["a.docs", "b.docs", "inline", "command", "unwatched"];
      expect(await Promise.all(names.map((name) => text(board, name)))).toEqual([
        "docs",
        "docs",
        "inline",
        "one",
        "one",
      ]);
      await folder.write("inline.mjs", answering("changed"));
      await folder.write("server.mjs", "");
      await folder.write("docs.mjs", answering("new docs"));
      await Promise.all([log.next("changed", "a.docs", PATIENT), log.next("changed", "b.docs", PATIENT)]);
      expect(await Promise.all([text(board, "a.docs"), text(board, "b.docs")])).toEqual(["new docs", "new docs"]);
      expect(log.lines("changed").sort()).toEqual(["changed a.docs", "changed b.docs"]);
      await change(folder, "text/a.txt", "two", log, "command");
      await log.next("stopped", "command", PATIENT);
    });
  });

  it("starts a pinned app again that could not start", async () => {
    await using folder = await makeFolder({ "shop.mjs": "export default 1;\n" });
    const restart = { policy: "transient", backoff: { initialMs: 60_000, maxMs: 60_000 } } as const;
    await withBoard({ apps: folder.path, watch: true, pinned: ["shop"], restart }, async (_board, log) => {
      await log.next("backing-off", "shop", PATIENT);
      await change(folder, "shop.mjs", answering("mended"), log);
      await log.next("started", "shop", PATIENT);
    });
  });

  it("says what it cannot watch, and the app runs all the same", async () => {
    await using folder = await makeFolder({ "shop.mjs": answering("runs") });
    const apps = { shop: { module: folder.at("shop.mjs"), watch: [folder.at("no/where/x.ts")] } };
    await withBoard({ apps, watch: true }, async (board, log) => {
      expect(await text(board, "shop")).toBe("runs");
      expect(await log.next("error", "shop", PATIENT)).toMatchObject({
        message: expect.stringMatching(/^cannot watch .*no.where: /),
      });
    });
  });
});
