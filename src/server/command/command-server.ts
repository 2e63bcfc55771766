import { ensure, type Operation, resource } from "effection";
import { SwitchboardError } from "../../base/errors.ts";
import { lastOutput, type OutsideServer, watchFor } from "../outside-server.ts";
import { type CommandServerConfig, type CommandSettings, resolveCommandServer } from "./command-config.ts";
import { Launch } from "./command-launch.ts";
import { toText } from "./command-line.ts";
import { chooseFreePort } from "./free-port.ts";

/** How often a command is started, when each time somebody else has got its port first. */
const MAX_LAUNCHES = 5;

/**
 * A command that listens on the port it is told, as a child process with a process group of its own.
 *
 * **Lifetime.** Ready as `ready` says, on `127.0.0.1` or `::1`. Released when the caller ends: SIGTERM to the whole
 * group, `graceMs` for it to end, SIGKILL; it returns when the processes and their pipes are gone. They do not survive
 * this process either, however it ends; but one that leaves the group on purpose (`setsid`, a daemon) is out of reach.
 * A start that is halted has half a second of grace at most; its output is in `log`.
 *
 * **Failure.** Throws `INVALID_OPTION` at the call, what `ports` throws, and `START_FAILED` with the reason and the last
 * 20 lines of output when the command cannot be started, or ends before it is ready. One that is never ready is waited
 * for: the caller sets the deadline. When somebody else gets the port between its choice and its use, the command is
 * started again with another one, five times in all. Windows is refused: it has no process groups.
 *
 * ```ts
 * const { address, ended } = yield* useCommandServer({ hostname: "shop", command: "npm run dev", cwd: "shop" });
 * ```
 */
export function useCommandServer(config: CommandServerConfig): Operation<OutsideServer> {
  const settings = resolveCommandServer(config);
  return resource(function* (provide) {
    let launch: Launch | undefined;
    yield* ensure(function* () {
      if (launch !== undefined) yield* launch.stop();
    });
    for (let count = 1; count <= MAX_LAUNCHES; count += 1) {
      const { port, lost } = yield* chooseFreePort(settings.ports);
      settings.log.clear(); // what the launch before it said would mislead
      launch = new Launch(settings, port);
      const address = yield* launch.ready();
      if (address !== undefined) {
        const ended = yield* watchFor(() => (launch as Launch).crash());
        yield* provide({ address, ended, log: settings.log, ...(launch.pid !== undefined && { pid: launch.pid }) });
        return;
      }
      lost();
      yield* launch.stop();
    }
    throw unlucky(settings);
  });
}

function unlucky({ command, hostname, log }: CommandSettings): SwitchboardError {
  const times = `${MAX_LAUNCHES} times, and each time somebody else had its port`;
  const { text, output } = lastOutput(log);
  const message = `its command was started ${times} (${toText(command)})${text}`;
  return new SwitchboardError("START_FAILED", message, { hostname, output });
}
