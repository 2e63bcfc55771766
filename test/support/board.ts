import {
  createSwitchboard,
  type RunConfig,
  type RunEvent,
  type RunningSwitchboard,
  type ShutdownReport,
} from "../../src/index.ts";
import { Log } from "./gate.ts";

/** A switchboard on free ports with a log of its events, closed when the body ends. */
export async function withBoard(
  config: RunConfig,
  body: (board: RunningSwitchboard, log: Log<RunEvent>) => Promise<void>,
): Promise<{ log: Log<RunEvent>; report: ShutdownReport }> {
  const log = new Log<RunEvent>();
  const board = await createSwitchboard({ basePort: 0, onEvent: log.add, ...config });
  try {
    await body(board, log);
  } finally {
    await board.close();
  }
  return { log, report: await board.close() };
}
