import { once } from "node:events";
import { chmodSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect } from "vitest";
import type { Check } from "../../src/cli/doctor/check.ts";
import { checkFiles } from "../../src/cli/doctor/files-check.ts";
import { checkNode } from "../../src/cli/doctor/node-check.ts";
import { cliTest as it } from "../support/cli.ts";

const isLinux = process.platform === "linux";

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

function find(stdout: string, name: string): Check | undefined {
  const { checks } = JSON.parse(stdout) as { checks: Check[] };
  return checks.find((check) => check.name === name);
}

describe.concurrent("doctor", () => {
  it("finds a free port good, and goes well", async ({ cli }) => {
    const port = await freePort();
    const { code, stdout, stderr } = await cli.run("doctor", "--port", String(port));
    expect(stdout).toMatch(/^ok {4}node {9}Node \d+/m);
    expect(stdout).toContain(`ok    port ${port}`.padEnd(19));
    expect(stdout).toMatch(/^(?:ok|warn) +\.localhost/m);
    expect(stdout).toMatch(/^(?:ok|warn) +open files/m);
    expect(stdout).toMatch(/^ok +state files +none in /m);
    expect(stderr).toBe("");
    expect(code).toBe(0);
  });

  it("says who has a port, and fails", async ({ cli }) => {
    const other = createServer((_request, response) => response.end("hello")).listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as AddressInfo;
    const { code, stdout, stderr } = await cli.run("doctor", "--port", String(port), "--json");
    other.close();
    const check = find(stdout, `port ${port}`);
    expect(check?.status).toBe("fail");
    if (isLinux) {
      expect(check?.detail).toContain(`(process ${process.pid})`);
      expect(check?.advice).toContain(`kill ${process.pid}`);
    }
    expect(JSON.parse(stdout).ok).toBe(false);
    expect(stderr).toBe("switchboard: 1 check failed\n");
    expect(code).toBe(1);
  });

  it("knows a switchboard that has the port, and warns of a token that others can read", async ({ cli }) => {
    const { program, port } = await cli.serve();
    const first = await cli.run("doctor", "--port", String(port), "--json");
    expect(find(first.stdout, `port ${port}`)).toMatchObject({
      status: "ok",
      detail: `a switchboard runs there (process ${program.child.pid})`,
    });
    expect(find(first.stdout, `state ${port}`)?.status).toBe("ok");
    const second = await cli.start(["--port", String(port)]).exited;
    expect(second.stderr).toContain(
      `cannot listen on 127.0.0.1:${port}: a switchboard runs there already (process ${program.child.pid}, since `,
    );
    expect(second.code).toBe(1);
    const path = join(cli.stateFolder, `${port}.json`);
    chmodSync(path, 0o644);
    const { stdout } = await cli.run("doctor", "--port", String(port), "--fix", "--json");
    expect(find(stdout, `state ${port}`)).toMatchObject({ status: "warn", advice: `chmod 600 ${path}` });
    expect(cli.states()).toEqual([`${port}.json`]);
  });

  it("counts the files that so many servers need", () => {
    expect(checkFiles(100, 1_024).status).toBe("warn");
    expect(checkFiles(100, 256)).toMatchObject({ status: "fail", advice: expect.stringContaining("ulimit -n 1200") });
    expect(checkFiles(100, 65_536).status).toBe("ok");
    expect(checkFiles(1_000, 1_024).status).toBe("fail");
  });

  it("knows which Node is too old", () => {
    expect(checkNode("18.20.4").status).toBe("fail");
    expect(checkNode("20.18.0")).toMatchObject({ status: "fail", advice: "install Node 20.19 or later" });
    expect(checkNode("20.19.0").status).toBe("ok");
    expect(checkNode("24.1.0").status).toBe("ok");
  });
});
