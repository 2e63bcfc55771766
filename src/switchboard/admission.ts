import { toError } from "../base/errors.ts";
import type { Problem } from "../server/problem.ts";
import { createAdmit } from "./admit.ts";
import { answerWithin, type Check, inOrder, LATE } from "./check.ts";
import type { Guards } from "./guards.ts";
import type { SwitchboardSettings } from "./settings.ts";

/** The checks before delivery. `undefined` where there are none. */
export interface Admission {
  /** Is it admitted, within its rate limit, has its server a turn for it, and is its circuit closed? In this order. */
  readonly ask: Check | undefined;
  /** The same for a request that was asked about as an upgrade: only what an upgrade does not take. */
  readonly askAgain: Check | undefined;
}

/** @param failed hears of checks that failed: of `admit`, or of the store of a rate limit. */
export function createAdmission(
  { admit, admitTimeoutMs, refusedForMs }: Pick<SwitchboardSettings, "admit" | "admitTimeoutMs" | "refusedForMs">,
  guards: Guards | undefined,
  failed: (hostname: string, error: Error) => void,
): Admission {
  const admitted = admit && createAdmit({ admit, admitTimeoutMs, refusedForMs, failed });
  const limited = guards && createLimitCheck(guards, admitTimeoutMs, failed);
  const guarded = guards && createGuardCheck(guards);
  const checks = [admitted, limited, guarded].filter((check) => check !== undefined);
  return { ask: inOrder(checks), askAgain: guarded };
}

function createGuardCheck(guards: Guards): Check {
  return (hostname, _request, response) => {
    const guard = guards.of(hostname);
    return response === undefined ? guard.enterUpgrade() : guard.enter(response);
  };
}

/** A rule of the user's that throws refuses; a store that fails does not: it is down for every client at once. */
function createLimitCheck(guards: Guards, timeoutMs: number, failed: (hostname: string, error: Error) => void): Check {
  const judgeLater = async (hostname: string, verdict: Promise<Problem | undefined>): Promise<Problem | undefined> => {
    try {
      const settled = await answerWithin(timeoutMs, verdict);
      if (settled !== LATE) return settled;
      failed(hostname, new Error(`the store of the rate limit has not answered within ${timeoutMs} ms`));
    } catch (error) {
      failed(hostname, toError(error));
    }
    return undefined;
  };
  return (hostname, request, response) => {
    try {
      const verdict = guards.of(hostname).rateLimit?.check(hostname, request, response);
      return verdict instanceof Promise ? judgeLater(hostname, verdict) : verdict;
    } catch (error) {
      failed(hostname, toError(error));
      return { status: 500, code: "ADMIT_FAILED", detail: "the rate limit could not be checked", hostname };
    }
  };
}
