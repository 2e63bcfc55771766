import { createEventLog, type EventLog, expectNoLeaks } from "effection-switchboard/testing";
import { createSwitchboard, type RunConfig, type RunningSwitchboard, type ShutdownReport } from "../../src/index.ts";

/** A switchboard on free ports with a log of its events, closed when the body ends. Nothing may be left. */
export async function withBoard(
  config: RunConfig,
  body: (board: RunningSwitchboard, log: EventLog) => Promise<void>,
): Promise<{ log: EventLog; report: ShutdownReport }> {
  const log = createEventLog();
  const report = await expectNoLeaks(async () => {
    await using board = await createSwitchboard({ basePort: 0, onEvent: log.add, ...config });
    await body(board, log);
    return board.close();
  });
  return { log, report };
}
