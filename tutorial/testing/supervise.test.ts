// #region fake-time
import { run } from "effection";
import { afterEach, expect, it, vi } from "vitest";
import { supervise } from "../failure/supervise.ts";

afterEach(() => {
  vi.useRealTimers();
});

it("waits twice as long after each failure, and gives up", async () => {
  vi.useFakeTimers();
  const delays: number[] = [];
  const task = run(() =>
    supervise(
      function* () {
        throw new Error("crashed");
      },
      { max: 3, firstDelayMs: 60_000, onRestart: (_error, delayMs) => delays.push(delayMs) },
    ),
  );
  const gaveUp = expect(task).rejects.toThrow("crashed");
  await vi.advanceTimersByTimeAsync(7 * 60_000);
  await gaveUp;
  expect(delays).toEqual([60_000, 120_000, 240_000]);
});

it("leaves no timer when it is halted in the middle of a delay", async () => {
  vi.useFakeTimers();
  const task = run(() =>
    supervise(
      function* () {
        throw new Error("crashed");
      },
      { max: 3, firstDelayMs: 60_000, onRestart: () => {} },
    ),
  );
  await vi.advanceTimersByTimeAsync(1_000);
  expect(vi.getTimerCount()).toBe(1);
  await task.halt();
  expect(vi.getTimerCount()).toBe(0);
});
// #endregion
