import { ensure, type Operation } from "effection";
import { firstLine, toError } from "../../base/errors.ts";
import { readPackage } from "../package-facts.ts";
import { removeState, type State, stateFolder, writeState } from "../state-file.ts";

/** A state file that is written once there is something to find. */
export interface OwnState {
  /** Lets other commands find this switchboard. */
  write(found: Pick<State, "url" | "port" | "token">): void;
  /** Tells them why nothing listens any more: it shuts down, and has ended in `limitMs`. */
  drain(limitMs: number): void;
}

/**
 * The state file of this process.
 *
 * **Lifetime.** It is removed when the caller ends, or the process does in any way that it can notice.
 *
 * **Failure.** Said once, on stderr: a switchboard serves without it, too.
 */
export function* useStateFile(): Operation<OwnState> {
  const { pid } = process;
  let path: string | undefined;
  let state: State | undefined;
  const remove = () => {
    try {
      if (path !== undefined) removeState(path, pid);
    } catch {
      // It is found to be stale by whoever reads it.
    }
  };
  process.on("exit", remove); // also when a second signal ends it at once
  yield* ensure(() => {
    process.off("exit", remove);
    remove();
  });
  return {
    write(found) {
      try {
        state = { pid, ...found, startedAt: new Date().toISOString(), version: readPackage().version };
        path = writeState(state);
      } catch (error) {
        const why = `cannot write a state file in ${stateFolder()}: ${firstLine(toError(error))}`;
        process.stderr.write(`switchboard: ${why}; other commands find it with --url ${found.url}\n`);
      }
    },
    drain(limitMs) {
      const now = Date.now();
      const draining = { since: new Date(now).toISOString(), until: new Date(now + limitMs).toISOString() };
      try {
        if (state !== undefined && path !== undefined) writeState({ ...state, draining });
      } catch {
        // What it says is true, if not all of it.
      }
    },
  };
}
