import type { IncomingMessage } from "node:http";
import { inspect } from "node:util";
import { toError } from "../base/errors.ts";
import type { Problem } from "../server/problem.ts";
import { answerWithin, type Check, LATE } from "./check.ts";
import { misdirected } from "./problem.ts";

/**
 * Says whether a request for `hostname` may go on. Asked before every delivery, so that a decision about the
 * request holds for every request; a refused name is remembered and refused without asking, for a while.
 */
export type Admit = (hostname: string, request: IncomingMessage) => boolean | Promise<boolean>;

/** What the check is made of. */
export interface AdmitSettings {
  admit: Admit;
  /** How long a promise of `admit` may take, in milliseconds. */
  admitTimeoutMs: number;
  /** How long a refused name is refused without asking again, in milliseconds. */
  refusedForMs: number;
  /** Hears of an `admit` that failed. */
  failed(hostname: string, error: Error): void;
}

/** Refused names come from clients: at most so many are remembered. */
const MEMORY = 10_000;

/** Makes the check. An `admit` that throws, rejects, takes too long or says neither true nor false refuses. */
export function createAdmit(settings: AdmitSettings): Check {
  const { admit, refusedForMs, failed } = settings;
  const refusedUntil = new Map<string, number>();

  const refuse = (hostname: string): Problem => misdirected(hostname, `"${hostname}" is not admitted here`);

  const judge = (hostname: string, answer: unknown): Problem | undefined => {
    if (answer === true) return undefined;
    if (answer !== false) throw new TypeError(`admit must answer true or false, got ${inspect(answer, { depth: 0 })}`);
    if (refusedUntil.size >= MEMORY) refusedUntil.delete(refusedUntil.keys().next().value as string);
    refusedUntil.set(hostname, performance.now() + refusedForMs);
    return refuse(hostname);
  };

  const broken = (hostname: string, thrown: unknown): Problem => {
    failed(hostname, toError(thrown));
    return { status: 500, code: "ADMIT_FAILED", detail: "the admission check failed", hostname };
  };

  const judgeLater = async (hostname: string, answer: Promise<boolean>): Promise<Problem | undefined> => {
    try {
      const settled = await answerWithin(settings.admitTimeoutMs, answer);
      if (settled !== LATE) return judge(hostname, settled);
      failed(hostname, new Error(`admit has not answered within ${settings.admitTimeoutMs} ms`));
      return { status: 504, code: "ADMIT_TIMEOUT", detail: "the admission check took too long", hostname };
    } catch (error) {
      return broken(hostname, error);
    }
  };

  return (hostname, request) => {
    const until = refusedUntil.get(hostname);
    if (until !== undefined) {
      if (performance.now() < until) return refuse(hostname);
      refusedUntil.delete(hostname);
    }
    try {
      const answer = admit(hostname, request);
      return answer instanceof Promise ? judgeLater(hostname, answer) : judge(hostname, answer);
    } catch (error) {
      return broken(hostname, error);
    }
  };
}
