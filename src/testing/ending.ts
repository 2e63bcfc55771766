import { count } from "../base/listing.ts";
import type { ServerPool } from "../pool/server-pool-contract.ts";
import type { RunningSwitchboard } from "../start.ts";
import { clearTimeout, setTimeout } from "./timers.ts";

/** What a test knows of its errors: vitest reports them as they are when the test has ended. */
interface Reported {
  message: string;
  stack?: string | undefined;
}

/** Closes a board; throws when that takes longer than `ms`, and says whose cleanup hangs. */
export async function closeWithin(ms: number, board: RunningSwitchboard): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, ms, true);
  });
  const hangs = await Promise.race([board.close().then(() => false), late]);
  clearTimeout(timer);
  if (!hangs) return;
  const names = board.pool.inspect().servers.map(({ hostname }) => hostname);
  const who = names.length === 0 ? "its front door" : names.join(", ");
  throw new Error(`the switchboard has not closed within ${ms} ms: what ${who} does at its end hangs`);
}

/** What a pool is busy with, as text: what a test that timed out may have waited for. */
export function describeBusy(pool: ServerPool): string {
  const busy = pool
    .inspect()
    .servers.filter(({ state, requests, sockets }) => state !== "running" || requests + sockets > 0)
    .map(({ hostname, state, requests, sockets }) =>
      state === "running"
        ? `${hostname} (${count(requests, "request")}, ${count(sockets, "socket")})`
        : `${hostname} (${state})`,
    );
  return busy.length === 0 ? "no server was busy then" : `busy then: ${busy.join(", ")}`;
}

/** Adds a line to the message of an error that is reported already. */
export function addLine(error: Reported, line: string): void {
  error.message += `\n${line}`;
  // A timeout's stack begins with another text; some reporters show nothing but the stack.
  const frames = /^ +at .*/ms.exec(error.stack ?? "")?.[0] ?? "";
  error.stack = `Error: ${error.message}\n${frames}`;
}
