import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { withBoard } from "../support/board.ts";
import { Client, get } from "../support/client.ts";
import { makeFolder } from "../support/folder.ts";

const app = () => (_request: unknown, response: { end(text: string): void }) => response.end("ok");

describe("a file of requests", () => {
  it("has a line for each, those of the last moment included, and nobody else can read it", async () => {
    await using folder = await makeFolder();
    const file = folder.at("logs/requests.ndjson");
    let seen: unknown[] = [];
    await withBoard({ app: app as never, observe: { file } }, async (board) => {
      for (const path of ["/1", "/2", "/3"]) await (await board.fetch("shop", path)).text();
      await board.close();
      seen = JSON.parse(JSON.stringify(board.observation?.requests.query().records.reverse()));
    });
    const lines = readFileSync(file, "utf8").trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line))).toEqual(seen);
    expect(seen).toMatchObject([{ path: "/1" }, { path: "/2" }, { path: "/3" }]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it("that is full is renamed, and as many as wanted are kept", async () => {
    await using folder = await makeFolder();
    const file = folder.at("requests.ndjson");
    for (let run = 0; run < 4; run += 1) {
      await withBoard({ app: app as never, observe: { file, fileBytes: 1_000, files: 2 } }, async (board) => {
        for (let i = 0; i < 4; i += 1) await (await board.fetch("shop", `/${run}-${i}`)).text();
      });
    }
    const pathsIn = (name: string) =>
      readFileSync(name, "utf8")
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => (JSON.parse(line) as { path: string }).path);
    expect(pathsIn(`${file}.1`)).not.toEqual([]);
    expect(existsSync(`${file}.2`)).toBe(true);
    expect(existsSync(`${file}.3`)).toBe(false);
    const kept = [...pathsIn(`${file}.2`), ...pathsIn(`${file}.1`), ...(existsSync(file) ? pathsIn(file) : [])];
    expect(kept.at(-1)).toBe("/3-3");
    expect(kept).toEqual([...kept].sort());
  });

  it("tells of as many requests as there were, under load", async () => {
    await using folder = await makeFolder();
    const file = folder.at("requests.ndjson");
    await withBoard({ app: app as never, observe: { file, requests: 10 } }, async (board) => {
      const clients = Array.from({ length: 20 }, () => new Client(board.port));
      const text = get("shop").repeat(99) + get("shop", "/", "Connection: close\r\n");
      await Promise.all(clients.map((client) => client.send(text).end()));
      for (const client of clients) client.destroy();
    });
    const lines = readFileSync(file, "utf8").trimEnd().split("\n");
    expect(lines).toHaveLength(2_000);
    expect(new Set(lines.map((line) => (JSON.parse(line) as { seq: number }).seq)).size).toBe(2_000);
  });

  it("that cannot be written is told before anything listens", async () => {
    await using folder = await makeFolder();
    writeFileSync(folder.at("taken"), "");
    const file = folder.at("taken/requests.ndjson");
    await expect(withBoard({ app: app as never, observe: { file } }, async () => {})).rejects.toMatchObject({
      code: "INVALID_OPTION",
      message: expect.stringContaining("observe.file must be a file that can be written"),
    });
  });

  it.each([{ file: "" }, { file: "a", fileBytes: 1 }, { file: "a", files: 0 }])("refuses %o", async (observe) => {
    await expect(withBoard({ observe }, async () => {})).rejects.toMatchObject({ code: "INVALID_OPTION" });
  });
});
