import { mkdir, rename, symlink } from "node:fs/promises";
import { relative, sep } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createSwitchboard } from "../../src/index.ts";
import { openFolder } from "../../src/start/apps-folder.ts";
import { withBoard } from "../support/board.ts";
import { Client, get } from "../support/client.ts";
import { answering, makeFolder } from "../support/folder.ts";

const SCRIPT = JSON.stringify({ scripts: { dev: "node server.mjs" } });
const SERVER = `import { createServer } from "node:http";
createServer((_request, response) => response.end("a script")).listen(process.env.PORT, process.env.HOST);
`;

describe("a folder of apps", () => {
  it("has files, folders with an index, and packages with a script", async () => {
    await using folder = await makeFolder({
      "shop.mjs": answering("a file"),
      "blog/index.ts": 'import { text } from "./text.ts";\nexport default () => (_: unknown, r: any) => r.end(text);\n',
      "blog/text.ts": 'export const text: string = "an index";\n',
      "docs/package.json": SCRIPT,
      "docs/server.mjs": SERVER,
    });
    await withBoard({ apps: folder.path }, async (board) => {
      const texts = ["shop", "blog", "docs"].map(async (name) => (await board.fetch(name)).text());
      expect(await Promise.all(texts)).toEqual(["a file", "an index", "a script"]);
      expect(
        board.pool
          .list()
          .map(({ hostname, kind }) => `${hostname} ${kind}`)
          .sort(),
      ).toEqual(["blog thread", "docs command", "shop thread"]);
      expect(await (await board.fetch("other")).json()).toMatchObject({ names: ["blog", "docs", "shop"] });
    });
  });

  it("is looked at for each start: apps come and go while it runs, and one that runs goes on", async () => {
    await using folder = await makeFolder();
    await withBoard({ apps: folder.path }, async (board) => {
      expect((await board.fetch("shop")).status).toBe(404);
      await folder.write("shop.mjs", answering("first"));
      expect(await (await board.fetch("shop")).text()).toBe("first");
      await folder.remove("shop.mjs");
      expect(await (await board.fetch("shop")).text()).toBe("first");
      await board.pool.shutdown("shop");
      expect((await board.fetch("shop")).status).toBe(404);
      await rename(folder.path, `${folder.path}-moved`);
      expect(await (await board.fetch("shop")).json()).toMatchObject({ status: 404, names: [] });
      await rename(`${folder.path}-moved`, folder.path);
    });
  });

  it("has one app for a name: a file before a folder, a script before an index, TypeScript before JavaScript", async () => {
    await using folder = await makeFolder({
      "a/index.js": "",
      "a/package.json": '{ "type": "module", "scripts": { "test": "x", "dev": "" } }',
    });
    const { find } = openFolder(folder.path);
    const found = () => find("a")?.watched.map(({ path }) => relative(folder.path, path));
    expect(found()).toEqual(["a"]); // the index: it is watched with all its folder
    await folder.write("a/package.json", '{ "scripts": { "start": "node ." } }');
    expect(found()).toEqual([`a${sep}package.json`]);
    for (const extension of ["cjs", "mjs", "js", "mts", "ts"]) {
      await folder.write(`a.${extension}`, "");
      expect(found()).toEqual([`a.${extension}`]);
    }
  });

  it("has no app in what is none", async () => {
    await using folder = await makeFolder({
      "shop.d.ts": "",
      "shop.test.ts": "",
      "shop.css": "",
      ".env.js": "",
      ".git/index.js": "",
      "node_modules/index.js": "",
      "node_modules/package.json": SCRIPT,
      "empty/readme.md": "",
      "no script/index.js": "",
      "lib/package.json": '{ "name": "lib" }',
      "list/package.json": "[]",
      "README.md": "",
    });
    await mkdir(folder.at("folder.ts"));
    await symlink(folder.at("nothing"), folder.at("dangling.ts"));
    const { find, names } = openFolder(folder.path);
    expect(names()).toEqual([]);
    for (const name of [
      "shop",
      "shop.d",
      "shop.test",
      "env",
      "git",
      "node_modules",
      "empty",
      "lib",
      "list",
      "folder",
    ]) {
      expect(find(name)).toBeUndefined();
    }
  });

  it("says why what is there is no app, to those on this machine", async () => {
    await using folder = await makeFolder({ "lib/package.json": '{ "name": "lib" }', "x.y.mjs": answering("x") });
    await withBoard({ apps: folder.path }, async (board) => {
      const lib = await board.fetch("lib");
      expect(lib.status).toBe(404);
      expect(await lib.json()).toMatchObject({
        detail:
          'there is no app for "lib": the folder lib is there, but has no script dev or start in a package.json, and no index.ts or index.js; there are no names yet',
      });
      expect(await (await board.fetch("x.y")).json()).toMatchObject({
        detail: expect.stringContaining("the file x.y.mjs is there, but one with a dot in its name is no app"),
      });
      const others = await board.fetch("lib", "/", { headers: { "x-forwarded-for": "192.0.2.1" } });
      expect(await others.json()).toMatchObject({ detail: 'there is no app for "lib"' });
    });
  });

  it("gives each of them the variables that stand in hostnames", async () => {
    const says = "export default () => (_request, response) => response.end(String(process.env.DATABASE_URL));\n";
    const server = SERVER.replace('"a script"', "process.env.DATABASE_URL");
    await using folder = await makeFolder({
      "api.mjs": says,
      "docs/package.json": SCRIPT,
      "docs/server.mjs": server,
      "other.mjs": says,
    });
    const hostnames = { api: { env: { DATABASE_URL: "of api" } }, docs: { env: { DATABASE_URL: "of docs" } } };
    await withBoard({ apps: folder.path, hostnames }, async (board) => {
      const texts = ["api", "docs", "other"].map(async (name) => (await board.fetch(name)).text());
      expect(await Promise.all(texts)).toEqual(["of api", "of docs", "undefined"]);
    });
    const apps = { api: { module: folder.at("api.mjs"), env: { DATABASE_URL: "of the app" } } };
    await withBoard({ apps }, async (board) => {
      expect(await (await board.fetch("api")).text()).toBe("of the app");
    });
    for (const [config, message] of [
      [{ apps, hostnames }, /^hostnames\['api'\] must be without env unless apps is a folder/],
      [{ apps: folder.path, hostnames: { api: { env: { A: 1 } } } }, /^hostnames\['api'\].env.A must be text/],
    ] as const) {
      await expect(createSwitchboard(config as never)).rejects.toThrow(message);
    }
  });

  it("takes no notice of case, in names of files and of hosts, and follows symbolic links", async () => {
    await using other = await makeFolder({ "real.js": "" });
    await using folder = await makeFolder({ "Shop.ts": "", "UPPER/Index.JS": "", "a.b/index.ts": "" });
    await symlink(other.at("real.js"), folder.at("linked.js"));
    await symlink(other.path, folder.at("outside"));
    await other.write("index.js", "");
    const { find, names } = openFolder(folder.path);
    expect(names()).toEqual(["a.b", "linked", "outside", "shop", "upper"]);
    expect(find("shop")?.watched).toEqual([{ path: folder.at("Shop.ts"), codeOnly: false }]);
    await folder.write("shop.ts", "");
    expect(find("shop")?.watched).toEqual([{ path: folder.at("shop.ts"), codeOnly: false }]);
  });

  it("is never left, whatever a client asks for", async () => {
    await using folder = await makeFolder({ "apps/shop.ts": "", "secret.ts": "", "secret/index.ts": "" });
    const apps = openFolder(folder.at("apps"));
    const tricky = ["..", ".", "../secret", "..\\secret", "/etc", "secret", "%2e%2e", "shop.ts", "shop/", "__proto__"];
    for (const name of tricky) expect(apps.find(name)).toBeUndefined();
    const piece = fc.constantFrom("..", ".", "/", "\\", "secret", "shop", ".ts", "\0", "%2f", "index");
    const name = fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join(""));
    fc.assert(
      fc.property(name, (hostname) => {
        const [watched] = apps.find(hostname)?.watched ?? [];
        expect(watched?.path ?? folder.at("apps/shop.ts")).toBe(folder.at("apps/shop.ts"));
      }),
    );
    await withBoard({ apps: folder.at("apps") }, async (board) => {
      for (const [host, status] of [
        ["..", 400],
        ["../secret", 400],
        ["..%2fsecret", 400],
        ["secret", 404],
        ["node_modules", 404],
      ] as const) {
        const client = new Client(board.port).send(get(host, "/", "Connection: close\r\n"));
        expect(await client.end()).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
        client.destroy();
      }
    });
  });

  it("says what is wrong with a package, and starts it once that is mended", async () => {
    await using folder = await makeFolder({ "shop/package.json": '{ "scripts": {', "shop/server.mjs": SERVER });
    const restart = { backoff: { initialMs: 1, maxMs: 1 } };
    await withBoard({ apps: folder.path, restart }, async (board) => {
      expect(await (await board.fetch("shop")).json()).toMatchObject({
        status: 503,
        detail: expect.stringMatching(/^"shop" could not start: cannot use .*package.json: .*JSON/),
      });
      await folder.write("shop/package.json", SCRIPT);
      await board.pool.shutdown("shop");
      expect(await (await board.fetch("shop")).text()).toBe("a script");
    });
  });
});
