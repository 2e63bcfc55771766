import { symlink } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { openWebSocket } from "effection-switchboard/testing";
import { describe, expect, it } from "vitest";
import { withBoard } from "../support/board.ts";
import { makeFolder } from "../support/folder.ts";

const MODULES = fileURLToPath(new URL("../../node_modules", import.meta.url));

describe("a Vite dev server in a folder of apps", () => {
  it("starts by its dev script, and sends its hot updates through the switchboard", async () => {
    await using folder = await makeFolder({
      "shop/package.json": JSON.stringify({ type: "module", scripts: { dev: "vite" } }),
      "shop/vite.config.js": 'export default { cacheDir: ".cache", clearScreen: false };\n',
      "shop/index.html": '<script type="module" src="/main.js"></script>\n',
      "shop/main.js": 'document.body.textContent = "one";\nimport.meta.hot.accept();\n',
    });
    await symlink(MODULES, folder.at("shop/node_modules"));
    await withBoard({ apps: folder.path, watch: true }, async (board, log) => {
      const read = async (path: string) => (await board.fetch("shop", path)).text();
      expect(await read("/")).toContain("/@vite/client");
      expect(await read("/main.js")).toContain('"one"');
      const [, token] = /wsToken = "([^"]+)"/.exec(await read("/@vite/client")) ?? [];
      expect(token).toBeDefined();
      const socket = await openWebSocket(board, "shop", `/?token=${token}`, {
        protocols: ["vite-hmr"],
        headers: { origin: board.url("shop") },
      });
      const next = async () => JSON.parse(String(await socket.next({ timeoutMs: 10_000 })));
      expect(await next()).toEqual({ type: "connected" });
      await folder.write("shop/main.js", 'document.body.textContent = "two";\nimport.meta.hot.accept();\n');
      expect(await next()).toMatchObject({ type: "update", updates: [{ type: "js-update", path: "/main.js" }] });
      expect(await read("/main.js")).toContain('"two"');
      expect(log.lines("changed", "stopping", "error")).toEqual([]);
      await socket.close();
    });
  });
});
