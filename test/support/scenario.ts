import { type Operation, run } from "effection";

/** A vitest test body that is an operation: halted, teardown included, when the test times out. */
export const scenario =
  (operation: () => Operation<void>) =>
  async ({ signal }: { signal: AbortSignal }): Promise<void> => {
    const task = run(operation);
    const stop = () => void task.halt().catch(() => {});
    signal.addEventListener("abort", stop);
    try {
      await task;
    } finally {
      signal.removeEventListener("abort", stop);
    }
  };
