import { beforeAll, describe, expect, it } from "vitest";
import { LIMIT_MS, runVitest, type TestEnd, type TestEnds } from "../support/run-vitest.ts";

let ends: TestEnds = new Map();
let rounds: TestEnds = new Map();
const passed = { status: "passed", failureMessages: [] };

beforeAll(async () => {
  const files = await runVitest();
  ends = files.get("ends.ts") ?? ends;
  rounds = files.get("rounds.ts") ?? rounds;
}, LIMIT_MS + 10_000);

describe("a test with a switchboard", () => {
  it.each([
    ["fails", ["expected 'this' to be 'that'"]],
    ["times out", ["Test timed out in 1000ms", "busy then: shop (1 request, 0 sockets)", "fixtures/ends.ts:"]],
    ["times out with open sockets", ["Test timed out in 1000ms", "busy then: deaf (0 requests, 1 socket)"]],
    ["has an app that does not end", ["not closed within 3000 ms: what stuck does at its end hangs"]],
    ["is told of a start that must not be", ["expected 'started' to be 'stopped'", "fixtures/ends.ts:"]],
    [
      "has an error that it did not ask for",
      ["broken: no database (", "ends.ts:", 'take it with await events.next("error", "broken")'],
    ],
    ["has an error when its server stops", ["leaky: cannot save (", "fixtures/ends.ts:"]],
    [
      "has an error at the front door",
      ["forbidden: ", "no list of names", 'take it with await events.next("front-error", "forbidden")'],
    ],
    [
      "waits for what does not happen",
      [
        'no event "stopped shop" within 20 ms; this happened, in order:\n  listening\n  starting shop\n  started shop (given',
        "fixtures/ends.ts:",
      ],
    ],
  ])("that %s has one failure, the right one", (title, parts) => {
    const { status, failureMessages } = ends.get(title) as TestEnd;
    expect({ status, failures: failureMessages.length }).toEqual({ status: "failed", failures: 1 });
    for (const part of parts) expect(failureMessages[0]).toContain(part);
  });

  it("gives up silently what is under way when it ends", () => {
    expect(ends.get("ends while everything is under way")).toMatchObject(passed);
    expect(ends.get("rejects nothing that nobody handles")).toMatchObject(passed);
  });

  it("is torn down however it ends: its port is free, and it can be tried again", () => {
    const timedOutOnce = [expect.stringContaining("Test timed out in 1000ms")];
    expect(ends.get("is tried again")).toMatchObject({ status: "passed", failureMessages: timedOutOnce });
    expect(ends.get("finds every port free")).toMatchObject(passed);
  });
});

it("leaves nothing after a thousand tests in one process", () => {
  expect([...rounds.values()].filter(({ status }) => status !== "passed")).toEqual([]);
  expect(rounds.size).toBeGreaterThan(1_000);
});
