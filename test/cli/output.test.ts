import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { createHumanOutput } from "../../src/cli/serve/human-output.ts";
import { createJsonOutput } from "../../src/cli/serve/json-output.ts";
import type { OutputEvent } from "../../src/cli/serve/output-event.ts";

const hostname = "shop";

function print(create: (sink: { write(text: string): void }) => (event: OutputEvent) => void, event: OutputEvent) {
  const parts: string[] = [];
  create({ write: (part) => void parts.push(part) })(event);
  return parts.join("").trimEnd();
}

function human(event: OutputEvent): string {
  const shown = () => ({ app: undefined, hostname: "hello", domain: "localhost" });
  return print((sink) => createHumanOutput(sink, shown), event).replace(/^\d\d:\d\d:\d\d /, "");
}

describe("the lines of the command", () => {
  it.each<[OutputEvent, string]>([
    [
      { type: "backing-off", hostname, failures: 2, delayMs: 99.2 },
      "waiting  shop: failure 2, next start possible in 100 ms",
    ],
    [{ type: "restarting", hostname, attempt: 3, delayMs: 1_240 }, "restart  shop: attempt 3 in 1.2 s"],
    [
      { type: "failed", hostname, error: new Error("no"), message: "no", retryAfterMs: 30_000 },
      "failed   shop: not started for now; one trial start is possible after 30.0 s",
    ],
    [{ type: "changed", hostname, file: resolve("apps/shop.ts") }, "changed  shop: apps/shop.ts"],
    [
      { type: "recovered", hostname, afterMs: 31_400 },
      "well     shop: has run without a failure, 31.4 s after the first",
    ],
    [{ type: "replica-started", hostname, replica: 2, port: 3003 }, "joined   shop: replica 2 on port 3003"],
    [{ type: "replica-stopped", hostname, replica: 2 }, "left     shop: replica 2"],
    [
      { type: "replica-failed", hostname, replica: 2, error: new Error("no"), message: "no", retryAfterMs: 80 },
      "lost     shop: replica 2, started again in 80 ms: no",
    ],
    [
      { type: "replica-failed", hostname, replica: 2, error: new Error("no"), message: "no", retryAfterMs: undefined },
      "lost     shop: replica 2, not started again: no",
    ],
    [
      { type: "health", hostname, replica: 2, from: "healthy", to: "unhealthy", reason: "why" },
      "health   shop: replica 2 is unhealthy: why",
    ],
    [
      { type: "health", hostname, replica: undefined, from: "healthy", to: "degraded", reason: "why" },
      "health   shop is degraded: why",
    ],
    [
      { type: "slow-start", hostname, reason: "it listens on port 4567", afterMs: 5_000 },
      "slow     shop: not ready after 5.0 s: it listens on port 4567",
    ],
    [
      { type: "draining", requests: 2, sockets: 0, starting: ["shop", "blog"] },
      "draining: 2 requests and 0 sockets in flight (shop, blog not started yet) may finish; interrupt again to stop at once",
    ],
    [
      { type: "draining", requests: 0, sockets: 0, starting: [] },
      "draining: what is in flight may finish; interrupt again to stop at once",
    ],
  ])("say for %o: %s", (event, line) => {
    expect(human(event)).toBe(line);
  });

  it("tell of no next start once the switchboard ends", () => {
    const parts: string[] = [];
    const shown = () => ({ app: undefined, hostname: "hello", domain: "localhost" });
    const tell = createHumanOutput({ write: (part) => parts.push(part) }, shown);
    tell({ type: "draining", requests: 0, sockets: 0, starting: [] });
    tell({ type: "backing-off", hostname, failures: 1, delayMs: 39 });
    expect(parts).toHaveLength(1);
  });

  it("name no address where there is no app yet", () => {
    const shown = () => ({ app: "./apps", hostname: undefined, domain: "localhost" });
    const told = print((sink) => createHumanOutput(sink, shown), { type: "listening", url: "http://x:1", port: 1 });
    expect(told).toContain("Open   nothing yet: there is no app\n  App    ./apps\n");
    expect(told).not.toContain("curl");
  });

  it("are whole in JSON", () => {
    const failed = { type: "failed", hostname, error: new Error("no"), message: "no", retryAfterMs: 5 } as const;
    expect(JSON.parse(print(createJsonOutput, failed))).toMatchObject({ ...failed, error: { message: "no" } });
  });
});
