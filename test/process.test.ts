import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { createInterface } from "node:readline";
import { describe, expect, it } from "vitest";
import { noop } from "../src/base/operations.ts";
import { cliTest } from "./support/cli.ts";
import { Program } from "./support/program.ts";

/** util-linux's `script` gives a program a terminal of its own. */
const hasTerminal = process.platform === "linux" && spawnSync("script", ["--version"]).status === 0;

describe("in a real terminal", () => {
  it.runIf(hasTerminal)(
    "paints, and one Ctrl-C under npm start, which arrives several times, ends gracefully",
    async () => {
      const command = "npm start -- --port 0 --base-port 0; echo exit $?";
      const terminal = spawn("script", ["-qfec", command, "/dev/null"], { env: { ...process.env, NO_COLOR: "" } });
      let output = "";
      for await (const line of createInterface(terminal.stdout)) {
        output += `${line}\n`;
        const port = /http:\/\/127\.0\.0\.1:(\d+)/.exec(line)?.[1];
        if (port !== undefined) await fetch(`http://127.0.0.1:${port}/`, { headers: { "x-app-name": "shop" } });
        if (/started.* shop/.test(line)) terminal.stdin.write("\u0003");
      }
      expect(output).toContain("\u001b[32mstarted\u001b[39m  shop");
      expect(output).toMatch(/Stopped.* 1 server in \d+ ms/);
      expect(output).not.toContain("a second time");
    },
  );
});

describe("a process that runs out of files", () => {
  it("goes on: starts fail with a reason, and work again when there are some", async () => {
    const program = new Program("test/fixtures/few-files.ts", [], ["sh", "-c", 'ulimit -n 128; exec "$0" "$@"']);
    const { code, stdout, stderr } = await program.exited;
    expect(stderr).toBe("");
    expect(JSON.parse(stdout)).toEqual({
      before: 200,
      starting: "START_FAILED",
      after: 200,
      errors: ["EMFILE"],
      stopped: 2,
    });
    expect(code).toBe(0);
  });
});

/** What the kernel keeps for a program that accepts nothing; elsewhere it is less, and cannot be read here. */
const somaxconn = process.platform === "linux" ? Number(readFileSync("/proc/sys/net/core/somaxconn", "utf8")) : 0;

describe("a process that cannot accept for a while", () => {
  cliTest.runIf(somaxconn >= 2_000)("has a place for each of a thousand clients meanwhile", async ({ cli }) => {
    const { program, port } = await cli.serve();
    program.kill("SIGSTOP");
    const sockets = Array.from({ length: 1_000 }, () => connect(port, "127.0.0.1"));
    for (const socket of sockets) socket.on("error", noop); // it is killed, if the test fails
    await Promise.all(sockets.map((socket) => once(socket, "connect"))); // those without a place would try for ever
    program.kill("SIGCONT");
    for (const socket of sockets) socket.destroy();
  });
});
