import { once } from "node:events";
import { chmodSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { readPackage } from "../../src/cli/package-facts.ts";
import { hasTerminal, cliTest as it } from "../support/cli.ts";
import { Client, get } from "../support/client.ts";

describe.concurrent("the state file", { timeout: 60_000 }, () => {
  it("says where a switchboard is, to its user alone, while it runs", async ({ cli }) => {
    const { program, port } = await cli.serve();
    expect(cli.states()).toEqual([`${port}.json`]);
    const path = join(cli.stateFolder, `${port}.json`);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(cli.stateFolder).mode & 0o777).toBe(0o700);
    const state = JSON.parse(readFileSync(path, "utf8"));
    expect(state).toMatchObject({ pid: program.child.pid, url: `http://127.0.0.1:${port}`, port });
    expect(state.version).toBe(readPackage().version);
    expect(Date.parse(state.startedAt)).toBeGreaterThan(0);
    program.kill("SIGTERM");
    expect((await program.exited).code).toBe(143);
    expect(cli.states()).toEqual([]);
  });

  it.runIf(hasTerminal)("has the token, which else a terminal alone is shown", async ({ cli }) => {
    const tokenAt = (port: string | undefined) =>
      JSON.parse(readFileSync(join(cli.stateFolder, `${port}.json`), "utf8")).token as string;
    let interrupted = false;
    const shown = await cli.onTerminal(100, ["--port", "0", "--base-port", "0"], (text, type) => {
      const port = /127\.0\.0\.1:(\d+)/.exec(text)?.[1];
      if (interrupted || !text.includes("Stop   Ctrl-C")) return;
      interrupted = true;
      expect(text).toContain(`switchboard.localhost:${port}/#token=${tokenAt(port)}`);
      type("\u0003");
    });
    expect(shown).toContain("Stopped");
    const program = cli.start(["--port", "0", "--base-port", "0", "--log-level", "trace"]);
    const [, port] = await program.until(/Look {3}http:\/\/switchboard\.localhost:(\d+)\/\n/);
    expect(program.stdout + program.stderr).not.toContain(tokenAt(port));
  });

  it("is there until the drain is over, and is gone after a second signal", async ({ cli }) => {
    const { program, port } = await cli.serve("--grace", "1m", "test/fixtures/slow-app.mjs");
    const client = new Client(port).send(get("shop", "/never"));
    await client.until("102 Processing");
    program.kill("SIGTERM");
    await program.until(/draining/);
    const why = new RegExp(
      `the switchboard at http://127.0.0.1:${port} has been draining for [^;]*; process ${program.child.pid} ends in`,
    );
    expect(await cli.run("ls")).toMatchObject({ code: 3, stderr: expect.stringMatching(why) });
    expect((await cli.run("doctor", "--port", String(port), "--fix")).stdout).toMatch(why);
    expect(cli.states()).toEqual([`${port}.json`]);
    const again = setInterval(() => program.kill("SIGTERM"), 100);
    await program.exited;
    clearInterval(again);
    client.destroy();
    expect(cli.states()).toEqual([]);
  });

  it("does not keep a switchboard from serving where it cannot be written", async ({ cli }) => {
    await cli.folder.write("switchboard", "no folder");
    const { program, port } = await cli.serve();
    program.kill("SIGTERM");
    const { code, stderr } = await program.exited;
    expect(stderr).toMatch(/^switchboard: cannot write a state file in .*: EEXIST.*\n$/);
    expect(stderr).toContain(`--url http://127.0.0.1:${port}`);
    expect(code).toBe(143);
  });

  it("takes the place of one that was left behind, and closes the folder to others", async ({ cli }) => {
    const { program, port } = await cli.serve();
    program.kill("SIGKILL");
    await program.exited;
    expect(cli.states()).toEqual([`${port}.json`]);
    chmodSync(cli.stateFolder, 0o755);
    chmodSync(join(cli.stateFolder, `${port}.json`), 0o644);
    const again = await cli.serve("--port", String(port));
    expect(statSync(cli.stateFolder).mode & 0o777).toBe(0o700);
    expect(statSync(join(cli.stateFolder, `${port}.json`)).mode & 0o777).toBe(0o600);
    again.program.kill("SIGTERM");
    await again.program.exited;
    expect(cli.states()).toEqual([]);
  });
});

describe.concurrent("a command that looks for a switchboard", { timeout: 60_000 }, () => {
  it("says that none runs, and the way out", async ({ cli }) => {
    const { code, stdout, stderr } = await cli.run("ls");
    expect(stderr).toMatch(
      /^switchboard: no switchboard runs \(no state file in .*\); start one with switchboard, or name one with --url or --port\n$/,
    );
    expect(stdout).toBe("");
    expect(code).toBe(3);
  });

  it("says that one was killed, and doctor removes what it has left", async ({ cli }) => {
    const { program, port } = await cli.serve();
    program.kill("SIGKILL");
    await program.exited;
    const status = await cli.run("status");
    expect(status.stderr).toContain(`the one on port ${port} has ended without a word`);
    expect(status.code).toBe(3);
    expect((await cli.run("status", "--port", String(port))).stderr).toContain("nothing listens there");
    const found = await cli.run("doctor", "--port", String(port));
    expect(found.stdout).toContain(`stale: process ${program.child.pid} has ended`);
    expect(cli.states()).toEqual([`${port}.json`]);
    await cli.run("doctor", "--port", String(port), "--fix");
    expect(cli.states()).toEqual([]);
  });

  it("finds one that listens on every address", async ({ cli }) => {
    const { port } = await cli.serve("--host", "0.0.0.0");
    expect((await cli.run("start", "shop")).stdout).toBe("shop is running\n");
    const { stdout } = await cli.start(["ls", "--url", `http://shop.localhost:${port}`]).exited;
    expect(stdout).toContain("shop");
  });

  it.runIf(process.platform === "linux")("is another one for each address of a port", async ({ cli }) => {
    const { program: one, port } = await cli.serve();
    const two = cli.start(["--host", "127.0.0.2", "--port", String(port), "--base-port", "0", "--json"]);
    await two.until(/"type":"listening"/);
    expect(cli.states().sort()).toEqual([`${port}-127.0.0.2.json`, `${port}.json`]);
    const { code, stderr } = await cli.run("ls", "--port", String(port));
    expect(stderr).toContain("2 switchboards run; say which one: --url http://");
    expect(code).toBe(2);
    for (const [address, { child }] of [
      ["127.0.0.1", one],
      ["127.0.0.2", two],
    ] as const) {
      const { stdout } = await cli.run("status", "--json", "--url", `http://${address}:${port}`);
      expect(JSON.parse(stdout)).toMatchObject({ pid: child.pid, canWrite: true });
    }
    expect((await cli.run("doctor", "--port", String(port))).stdout).toContain(`(process ${one.child.pid})`);
    two.kill("SIGTERM");
    await two.exited;
    expect(cli.states()).toEqual([`${port}.json`]);
    expect((await cli.run("ls", "--port", String(port))).code).toBe(0);
  });

  it("lists them when several run", async ({ cli }) => {
    const [one, two] = await Promise.all([cli.serve(), cli.serve()]);
    const { code, stderr } = await cli.run("ls");
    expect(stderr).toContain("2 switchboards run; say which one: --port ");
    for (const { port } of [one, two]) expect(stderr).toContain(`--port ${port} `);
    expect(code).toBe(2);
  });

  it("does not count one whose number is another process's by now", async ({ cli }) => {
    const { port } = await cli.serve();
    const left = {
      pid: process.pid,
      url: "http://127.0.0.1:1",
      port: 1,
      startedAt: new Date().toISOString(),
      version: "0",
    };
    await cli.folder.write("switchboard/1.json", JSON.stringify(left));
    expect((await cli.run("status")).stdout).toContain(`http://127.0.0.1:${port}, `);
    const doctor = await cli.run("doctor", "--port", String(port));
    expect(doctor.stdout).toContain(`stale: process ${process.pid} runs, but nothing answers at http://127.0.0.1:1`);
  });

  it("leaves alone what is no state file", async ({ cli }) => {
    await cli.folder.write("switchboard/8000.json", "{");
    await cli.folder.write("switchboard/notes.txt", "mine");
    writeFileSync(join(cli.stateFolder, "1.json"), '{"pid":-1,"port":1,"url":"http://127.0.0.1:1"}');
    expect((await cli.run("ls")).code).toBe(3);
    await cli.run("doctor", "--fix");
    expect(cli.states().sort()).toEqual(["1.json", "8000.json", "notes.txt"]);
  });

  it("does not take something else for a switchboard, and gives it no token", async ({ cli }) => {
    const seen: (string | undefined)[] = [];
    const other = createServer((request, response) => {
      seen.push(request.headers.authorization);
      response.end('{"status":"fine"}');
    }).listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as AddressInfo;
    const { code, stderr } = await cli.run("stop", "shop", "--port", String(port), "--token", "secret");
    other.close();
    expect(stderr).toBe(
      `switchboard: what answers at http://127.0.0.1:${port} is no switchboard; name one with --url or --port\n`,
    );
    expect(code).toBe(3);
    expect(seen).toEqual([undefined]);
  });

  it("does not wait for ever for one that does not answer", async ({ cli }) => {
    const silent = createServer(() => {}).listen(0, "127.0.0.1");
    await once(silent, "listening");
    const { port } = silent.address() as AddressInfo;
    const { code, stderr } = await cli.run("status", "--url", `http://127.0.0.1:${port}`);
    silent.closeAllConnections();
    silent.close();
    expect(stderr).toContain("it does not answer in time");
    expect(code).toBe(3);
  });
});
