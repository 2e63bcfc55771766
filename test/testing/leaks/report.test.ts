import { EventEmitter, once } from "node:events";
import { Worker } from "node:worker_threads";
import { expectNoLeaks } from "effection-switchboard/testing";
import { afterEach, describe, expect, it } from "vitest";
import { leftBy } from "../../support/left-by.ts";

const LATER = 60_000;
const noop = () => {};
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

function leaveTimer(): void {
  const timer = setTimeout(noop, LATER);
  cleanups.push(() => clearTimeout(timer));
}

describe("the message of expectNoLeaks", () => {
  it("says the same only once", async () => {
    const message = await leftBy(() => {
      for (let i = 0; i < 3; i += 1) leaveTimer();
    });
    expect(message).toMatch(/behind:\n {2}3 x Timeout of 60000 ms, created at .*report\.test\.ts:\d+:\d+$/);
  });

  it("ends after twenty lines", async () => {
    const store = new EventEmitter().setMaxListeners(0);
    const body = () => {
      for (let i = 0; i < 25; i += 1) store.on(`event ${i}`, noop);
    };
    const lines = (await leftBy(body, { emitters: { store } })).split("\n");
    expect(lines).toHaveLength(1 + 20 + 1);
    expect(lines.at(-1)).toBe("  and 5 more");
  });

  it("has one line for a worker thread, its output included", async () => {
    const message = await leftBy(async () => {
      const worker = new Worker("setInterval(() => {}, 60_000)", { eval: true });
      cleanups.push(() => worker.terminate());
      await once(worker, "online");
    });
    expect(message.split("\n")).toHaveLength(2);
  });

  it("has places when stacks are lists of calls", async () => {
    const { prepareStackTrace } = Error;
    cleanups.push(() => {
      Error.prepareStackTrace = prepareStackTrace as NonNullable<typeof prepareStackTrace>;
    });
    Error.prepareStackTrace = (_error, calls) => calls;
    expect(await leftBy(leaveTimer)).toContain("report.test.ts");
  });
});

describe("expectNoLeaks in expectNoLeaks", () => {
  it("sees what the inner body left when that has failed", async () => {
    const message = await leftBy(async () => {
      const inner = expectNoLeaks(() => {
        leaveTimer();
        process.on("SIGUSR2", noop);
        cleanups.push(() => process.off("SIGUSR2", noop));
        throw new Error("broke");
      });
      await expect(inner).rejects.toThrow("broke");
    });
    expect(message.split("\n")).toHaveLength(3);
    expect(message).toContain("Timeout of 60000 ms");
    expect(message).toContain('listener for "SIGUSR2" on process');
  });
});

describe("a listener", () => {
  it("is not left when it was there, and is there again", async () => {
    const store = new EventEmitter().on("change", noop);
    await expectNoLeaks(() => void store.off("change", noop).on("change", noop), { emitters: { store } });
  });

  it("is not left because another test adds the same one meanwhile", async () => {
    const store = new EventEmitter();
    const body = async () => {
      store.on("change", noop);
      await null;
      store.off("change", noop);
    };
    const quiet = expectNoLeaks(body, { emitters: { store }, settleMs: 100 });
    store.on("change", noop);
    await quiet;
  });

  it("is left when it takes the place of another one", async () => {
    const store = new EventEmitter().on("change", noop);
    const message = await leftBy(() => void store.off("change", noop).on("change", () => {}), { emitters: { store } });
    expect(message).toContain('listener for "change" on store');
  });
});

describe("expectNoLeaks refuses", () => {
  it.each<[string, unknown, object, string]>([
    ["a body that is none", Promise.resolve(), {}, "body must be a function"],
    ["unknown options", noop, { settle: 1 }, "expectNoLeaks has no option 'settle'"],
    ["what is no emitter", noop, { emitters: { store: {} } }, "emitters.store must be an EventEmitter"],
    ["a list of emitters that is none", noop, { emitters: 1 }, "emitters must be an object of emitters"],
  ])("%s, and listens to nothing", async (_what, body, options, message) => {
    const before = process.listenerCount("newListener");
    await expect(expectNoLeaks(body as () => void, options)).rejects.toMatchObject({
      code: "INVALID_OPTION",
      message: expect.stringContaining(message),
    });
    expect(process.listenerCount("newListener")).toBe(before);
  });
});
