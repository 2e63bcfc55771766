import { type Operation, scoped } from "effection";
import type { StateFile } from "../state-file.ts";
import { useApiClient } from "./api-client.ts";
import { type Target, toTarget, toUrl } from "./target.ts";

/** Whether a switchboard answers where a state file says that there is one. */
export function isAnswered(file: StateFile): Operation<boolean> {
  return isSwitchboard(toTarget(toUrl(file.state.url), undefined, file));
}

/** Whether what answers there is a switchboard. */
export function isSwitchboard(target: Target): Operation<boolean> {
  return scoped(function* () {
    try {
      yield* useApiClient(target);
      return true;
    } catch {
      return false; // nobody answers, or not as one does
    }
  });
}
