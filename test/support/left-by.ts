import { expectNoLeaks, type LeakOptions } from "effection-switchboard/testing";

/** The message about what `body` leaves. */
export async function leftBy(body: () => unknown, options: LeakOptions = {}): Promise<string> {
  const error: unknown = await expectNoLeaks(body, { settleMs: 100, ...options }).then(
    () => undefined,
    (reason) => reason,
  );
  return error instanceof Error ? error.message : "nothing was left";
}
