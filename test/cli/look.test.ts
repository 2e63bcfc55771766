import { stripVTControlCharacters } from "node:util";
import { describe, expect } from "vitest";
import { displayWidth } from "../../src/cli/terminal/display-width.ts";
import { type Cli, hasTerminal, type Served, sharingTest } from "../support/cli.ts";
import { Client, get } from "../support/client.ts";
import { answering } from "../support/folder.ts";

const TALKATIVE = `console.log("\\u001b[31mred\\u001b[0m and \\u001b]0;owned\\u0007 more");
let n = 0;
export default () => (request, response) => { console.log("asked " + (n += 1)); response.end("hello"); };\n`;

const LONG_NAME = "a-very-long-name".repeat(3);

const it = sharingTest({
  "unset.mjs": `console.error("DATABASE_URL is not set\\nset it"); process.exit(1);\n`,
  "mute.mjs": "process.exit(1);\n",
  "broken.mjs": 'throw new Error("no database at db:5432");\n',
  "evil.mjs": TALKATIVE,
  "teller.mjs": TALKATIVE,
  "meant.mjs": answering("meant"),
  "other.mjs": answering("other"),
  [`${LONG_NAME}.mjs`]: answering("long"),
});

/** Two apps: `shop` is well, `bad` does not start. */
async function serveTwo(cli: Cli, ...args: string[]): Promise<Served> {
  await cli.folder.write("apps/shop.mjs", answering("shop"));
  await cli.folder.write("apps/bad.mjs", 'throw new Error("no database at db:5432");\n');
  return cli.serve("--apps", cli.folder.at("apps"), ...args);
}

async function ask(port: number, hostname: string, path = "/"): Promise<string> {
  const client = new Client(port).send(get(hostname, path, "Connection: close\r\n"));
  const answer = await client.end();
  client.destroy();
  return answer;
}

describe.concurrent("commands that look", { timeout: 60_000 }, () => {
  it("list names, and say why one does not run", async ({ cli }) => {
    const { port } = await serveTwo(cli);
    await ask(port, "shop");
    await ask(port, "bad");
    await cli.folder.write("apps/idle.mjs", answering("idle"));
    const { code, stdout, stderr } = await cli.run("ls");
    expect(stdout).toMatch(/^NAME +STATE +KIND +PORT +REPLICAS +UP +BUSY +REQ\/S +ERRORS +P99\n/);
    expect(stdout).toMatch(/^shop +running +thread /m);
    expect(stdout).toMatch(/^bad +(?:backing-off|failed) /m);
    expect(stdout).not.toContain("\u001b");
    expect(stderr).toBe("");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^idle +stopped( +-){4} +0 +0 +- +-$/m);
    const { services, total } = JSON.parse((await cli.run("ls", "--json", "--search", "sho")).stdout);
    expect(services).toHaveLength(1);
    expect(services[0]).toMatchObject({ hostname: "shop", state: "running", kind: "thread" });
    expect(total).toBe(1);
    expect((await cli.run("ls", "--state", "failed")).stdout).toMatch(/^NAME.*\nbad +(?:backing-off|failed) .*\n$/);
    expect((await cli.run("status")).stdout).toMatch(/^servers .* (?:1 wait, 0|0 wait, 1) failed$/m);
    expect((await cli.run("ls", "--search", "none")).stderr).toContain("no name fits");
    const bad = await cli.run("get", "bad");
    expect(bad.stdout).toMatch(/^why +.*no database at db:5432/m);
    expect(JSON.parse((await cli.run("get", "bad.localhost", "--json")).stdout)).toMatchObject({
      hostname: "bad",
      failure: { message: expect.stringContaining("no database") },
    });
  });

  it("say what was printed before a start failed", async ({ shared: { cli, port } }) => {
    for (const name of ["unset", "mute"]) await ask(port, name);
    expect((await cli.run("get", "unset")).stdout).toMatch(/^output {5}DATABASE_URL is not set\n {11}set it$/m);
    expect((await cli.run("get", "mute")).stdout).not.toMatch(/^output/m);
    expect(await cli.run("logs", "unset")).toMatchObject({
      stdout: "DATABASE_URL is not set\nset it\n",
      stderr: "switchboard: unset does not run; its last start or run, which failed, ended so:\n",
      code: 0,
    });
    expect((await cli.run("events", "--type", "error")).stdout).toMatch(
      /^\S+ +error +unset +unset: .*exited with code 1 [^\n]*\n {4}Its last output:\n {6}DATABASE_URL is not set\n {6}set it\n/m,
    );
    expect((await cli.run("logs", "mute")).stderr).toContain("had printed nothing when it failed");
  });

  it("say that a name is unknown, with exit code 4", async ({ shared: { cli } }) => {
    for (const args of [
      ["get", "nobody"],
      ["logs", "nobody"],
      ["stop", "nobody"],
      ["wait", "nobody"],
    ]) {
      const { code, stdout, stderr } = await cli.run(...args);
      expect(stderr).toMatch(/^switchboard: there is no [^\n]*"nobody"[^\n]*\n$/);
      if (args[0] === "get") expect(stderr).toContain("; switchboard ls lists them\n");
      expect(stdout).toBe("");
      expect(code).toBe(4);
    }
  });

  it("tell how the switchboard is, which one, and who asks", async ({ cli }) => {
    const { program, port } = await serveTwo(cli);
    const { stdout, code } = await cli.run("status");
    expect(stdout).toContain(`switchboard  http://127.0.0.1:${port}, healthy, up`);
    expect(stdout).toContain(`dashboard    http://switchboard.localhost:${port}/\n`);
    expect(stdout).toContain("you          operator: may change things\n");
    expect(stdout).toContain(`state file   ${cli.stateFolder}/${port}.json`);
    expect(code).toBe(0);
    expect(JSON.parse((await cli.run("status", "--json")).stdout)).toMatchObject({
      url: `http://127.0.0.1:${port}`,
      pid: program.child.pid,
      pool: { running: 0, maxServers: 100 },
      canWrite: true,
    });
  });

  it.runIf(process.platform === "linux")(
    "tell no address of the dashboard where its name does not lead",
    async ({ cli }) => {
      const { port } = await cli.serve("--host", "127.0.0.2");
      const { stdout, code } = await cli.run("status");
      expect(stdout).toContain(`switchboard  http://127.0.0.2:${port}, healthy`);
      expect(stdout).toMatch(/^dashboard +none: it is at switchboard\.localhost, and/m);
      expect(code).toBe(0);
      expect(JSON.parse((await cli.run("status", "--json")).stdout).dashboard).toBeNull();
      const opened = await cli.run("open");
      expect(opened.stderr).toMatch(/^switchboard: the dashboard has no address: it is at switchboard\.localhost, and/);
      expect(opened).toMatchObject({ code: 1, stdout: "" });
      const shown = cli.start(["--host", "127.0.0.2", "--port", "0", "--base-port", "0"]);
      await shown.until(/Stop {3}Ctrl-C/);
      expect(shown.stdout).not.toContain("Look");
      const everywhere = await cli.serve("--host", "0.0.0.0");
      const { stdout: known } = await cli.run("status", "--json", "--port", String(everywhere.port));
      expect(JSON.parse(known).dashboard).toBe(`http://switchboard.localhost:${everywhere.port}/`);
    },
  );

  it("show requests, those that are meant, the newest last", async ({ cli }) => {
    const { port } = await serveTwo(cli);
    for (const path of ["/one", "/two"]) await ask(port, "shop", path);
    await ask(port, "bad");
    const all = await cli.run("requests");
    expect(all.stdout).toMatch(/^TIME +NAME +METHOD +STATUS +OUTCOME +CODE +TOOK +PATH\n/);
    expect(all.stdout.indexOf("/one")).toBeLessThan(all.stdout.indexOf("/two"));
    const failed = JSON.parse((await cli.run("requests", "--status", "5xx", "--json")).stdout);
    expect(failed.requests.map(({ hostname }: { hostname: string }) => hostname)).toEqual(["bad"]);
    expect((await cli.run("requests", "--host", "shop", "--path", "two")).stdout.trim().split("\n")).toHaveLength(2);
    expect((await cli.run("requests", "--outcome", "failed")).stdout).toMatch(/ 503 +failed +START_FAILED /);
    expect(await cli.run("requests", "--slow", "1h")).toMatchObject({
      code: 0,
      stdout: "",
      stderr: "switchboard: none of the requests that are kept fits; switchboard requests shows all\n",
    });
    expect((await cli.run("requests", "--limit", "1")).stdout).toContain(" bad ");
  });

  it("give nothing to the terminal that a client or an app has chosen for it", async ({ shared: { cli, port } }) => {
    await ask(port, "evil");
    const client = new Client(port).send(
      "GET /\u009b31m%1b[2J HTTP/1.1\r\nHost: evil.localhost\r\nConnection: close\r\n\r\n",
    );
    await client.end();
    client.destroy();
    for (const args of [
      ["requests"],
      ["requests", "--json"],
      ["logs", "evil"],
      ["logs", "evil", "--json"],
      ["events"],
    ]) {
      const { code, stdout } = await cli.run(...args);
      expect(stdout.replaceAll("\n", "")).not.toMatch(/\p{Cc}/u);
      expect(code).toBe(0);
    }
    expect((await cli.run("logs", "evil")).stdout).toContain("red and  more\n");
  });

  it.runIf(hasTerminal)("fit a terminal of 60 columns, in colours", async ({ shared: { cli, port } }) => {
    await ask(port, LONG_NAME, `/${"path".repeat(30)}`);
    await ask(port, "broken");
    await cli.run("fault", LONG_NAME, "latency", "--ms", "1");
    for (const args of [["ls"], ["requests"], ["events"], ["fault", "list"], ["get", "broken"], ["status"]]) {
      const shown = await cli.onTerminal(60, args);
      expect(shown).not.toContain("switchboard:");
      const text = stripVTControlCharacters(shown);
      // Tables are cut; what is told of one thing is whole, and the path of a file is not broken.
      const isTable = args[0] !== "get" && args[0] !== "status";
      for (const line of (isTable ? text : text.replaceAll(/\S{40,}/g, "path")).split("\n"))
        expect(displayWidth(line)).toBeLessThanOrEqual(60);
      if (args[0] === "ls") expect(shown).toContain("\u001b[32mrunning\u001b[39m");
    }
    expect((await cli.run("ls")).stdout).toContain(LONG_NAME);
  });

  it("say when several run, and look at the one that is named", async ({ cli }) => {
    const [one] = await Promise.all([cli.serve(), cli.serve()]);
    const { stdout } = await cli.run("--port", String(one.port), "status", "--json");
    expect(JSON.parse(stdout).pid).toBe(one.program.child.pid);
    const found = cli.start(["status", "--json"], { SWITCHBOARD_URL: `http://localhost:${one.port}` });
    expect(JSON.parse((await found.exited).stdout).pid).toBe(one.program.child.pid);
  });
});

describe.concurrent("commands that follow", { timeout: 60_000 }, () => {
  it("go on with requests, whole lines, until Ctrl-C", async ({ cli }) => {
    const { port } = await serveTwo(cli);
    await ask(port, "shop", "/before");
    const following = cli.start(["requests", "-f", "--json"]);
    await following.until(/before/);
    await ask(port, "shop", "/after");
    await following.until(/after/);
    following.kill("SIGINT");
    const { code, stdout, stderr } = await following.exited;
    expect(stdout.endsWith("\n")).toBe(true);
    const paths = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line).path);
    expect(paths).toEqual(["/before", "/after"]);
    expect(stderr).toBe("");
    expect(code).toBe(130);
  });

  it("take only what is meant", async ({ shared: { cli, port } }) => {
    const following = cli.start(["requests", "-f", "--host", "meant", "--limit", "0"]);
    await following.until(/^TIME /);
    for (const hostname of ["other", "meant"]) await ask(port, hostname, "/after");
    await following.until(/meant .*\/after\n/);
    expect(following.stdout).not.toContain("other");
  });

  it("say that the switchboard has ended, with exit code 3", async ({ cli }) => {
    const { program, port } = await serveTwo(cli);
    const following = cli.start(["events", "-f"]);
    await following.until(/listening/);
    await ask(port, "shop");
    await following.until(/started +shop/);
    program.kill("SIGTERM");
    const { code, stderr } = await following.exited;
    expect(stderr).toBe(`switchboard: the switchboard at http://127.0.0.1:${port} has ended\n`);
    expect(code).toBe(3);
  });

  it("say it, too, when the switchboard was killed", async ({ cli }) => {
    const { program, port } = await serveTwo(cli);
    const following = cli.start(["events", "-f"]);
    await following.until(/listening/);
    program.kill("SIGKILL");
    expect(await following.exited).toMatchObject({
      code: 3,
      stderr: `switchboard: the switchboard at http://127.0.0.1:${port} has ended\n`,
    });
  });

  it("go on with a log", async ({ shared: { cli, port } }) => {
    await ask(port, "teller");
    while (!(await cli.run("logs", "teller")).stdout.includes("asked 1"));
    const following = cli.start(["logs", "teller", "-f"]);
    await following.until(/^asked 1$/m);
    await ask(port, "teller");
    await following.until(/^asked 2$/m);
    following.kill("SIGINT");
    const { code, stdout } = await following.exited;
    expect(stdout.match(/asked/g)).toHaveLength(2);
    expect(code).toBe(130);
  });

  it("end without a word when their reader has had enough", async ({ cli }) => {
    const { port } = await serveTwo(cli);
    const following = cli.start(["requests", "-f"]);
    await following.until(/^TIME /);
    following.child.stdout?.destroy();
    let over = false;
    void following.exited.then(() => {
      over = true;
    });
    while (!over) await ask(port, "shop");
    expect(await following.exited).toMatchObject({ code: 0, stderr: "" });
  });
});
