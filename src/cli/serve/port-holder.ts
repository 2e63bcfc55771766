import { SwitchboardError } from "../../base/errors.ts";
import { findHolder } from "../../server/command/port-holder.ts";
import { toWho } from "../doctor/port-check.ts";
import { CommandError, EXIT } from "../exit-codes.ts";
import { isAlive, listStates } from "../state-file.ts";

/** What is said of a port that is in use: who has it, where that is known. Another error stays as it is. */
export function nameHolder(error: unknown, host: string, port: number): unknown {
  if (!(error instanceof SwitchboardError) || error.code !== "LISTEN_FAILED") return error;
  if ((error.cause as NodeJS.ErrnoException | undefined)?.code !== "EADDRINUSE") return error;
  const holder = findHolder({ host, port });
  const isHolder = ({ pid }: { pid: number }) => holder === undefined || holder.pid === pid;
  const running = listStates().find(({ state }) => state.port === port && isAlive(state) && isHolder(state));
  const failed = (why: string) =>
    new CommandError(EXIT.failed, `cannot listen on ${host}:${port}: ${why}`, { cause: error });
  if (running !== undefined) {
    const since = `process ${running.state.pid}, since ${running.state.startedAt}`;
    return failed(
      `a switchboard runs there already (${since}): switchboard status --port ${port}; or choose another port with --port`,
    );
  }
  if (holder === undefined) return error;
  return failed(
    `${toWho(holder.pid)} has the port; stop it (kill ${holder.pid}), or choose another with --port; 0 is any free one`,
  );
}
