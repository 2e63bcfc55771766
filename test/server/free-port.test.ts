import { createServer } from "node:net";
import { run, until } from "effection";
import { describe, expect, it } from "vitest";
import { chooseFreePort } from "../../src/server/command/free-port.ts";

/** Asks for any port; how often that was. */
function anyPort(): { asked: () => number; take: () => number; busy: (port: number) => void } {
  let asked = 0;
  return {
    asked: () => asked,
    take: () => {
      asked += 1;
      return 0;
    },
    busy: () => {},
  };
}

describe("a port for a command", () => {
  it("is drawn from below those that the system gives to connections, and is free", async () => {
    const drawn = await Promise.all(Array.from({ length: 50 }, () => run(() => chooseFreePort(anyPort()))));
    for (const { port } of drawn) {
      expect(port).toBeGreaterThanOrEqual(20_000);
      expect(port).toBeLessThan(32_768);
    }
    const server = createServer();
    const port = drawn[0]?.port;
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    await new Promise((resolve) => server.close(resolve));
  });

  it("is one that nobody has, wherever a pool begins to count", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port: taken } = server.address() as { port: number };
    const wanted = [taken, 0];
    const lost: number[] = [];
    const ports = { take: () => wanted.shift() ?? 0, busy: (port: number) => void lost.push(port) };
    const { port } = await run(() => chooseFreePort(ports));
    expect(lost).toEqual([taken]);
    expect(port).not.toBe(taken);
    await run(function* () {
      yield* until(new Promise((resolve) => server.close(resolve)));
    });
  });
});
