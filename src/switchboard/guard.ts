import type { ServerResponse } from "node:http";
import { toError } from "../base/errors.ts";
import {
  type CircuitBreaker,
  type CircuitOutcome,
  type CircuitTicket,
  createCircuitBreaker,
} from "../resilience/circuit-breaker.ts";
import type { CircuitEvent } from "../resilience/circuit-config.ts";
import { Turns } from "../resilience/turns.ts";
import { isBrokenOff } from "../server/break-off.ts";
import type { Problem } from "../server/problem.ts";
import { setBudget } from "../server/response-budget.ts";
import { type ConcurrencySettings, type DeliverySettings, shortestTimeoutMs } from "./delivery-config.ts";
import type { RateLimit } from "./rate-limit.ts";

/** What one request holds of its {@link Guard}, from its admission until its response closes. */
export interface Pass {
  readonly guard: Guard;
  ticket: CircuitTicket | undefined;
  /** Whether it has a turn, or how it leaves the queue. */
  turn: boolean | (() => void);
  /** When its server last showed a sign of life, beginning with the handoff; `undefined` before that. */
  aliveAt: number | undefined;
  bytesWritten: number;
  /** Its server was too slow. */
  timedOut: boolean;
  /** Its answer says nothing about its server. */
  excused: boolean;
}

/** Where a response carries its pass: a look-up for every request would cost more. */
const PASS: unique symbol = Symbol("effection-switchboard.pass");
type GuardedResponse = ServerResponse & { [PASS]?: Pass | undefined };

/** Guards what the server of one hostname is given: so many requests at once, and none for a while when they fail. */
export class Guard {
  readonly settings: DeliverySettings;
  readonly rateLimit: RateLimit | undefined;
  readonly breaker: CircuitBreaker | undefined;
  readonly hasTimeouts: boolean;
  readonly hostname: string;
  readonly #turns: Turns | undefined;

  /** @param rateLimit is shared with other names. @param heard hears what happens to the breaker. */
  constructor(
    hostname: string,
    settings: DeliverySettings,
    rateLimit: RateLimit | undefined,
    heard: (event: CircuitEvent) => void,
  ) {
    const { circuitBreaker, concurrency } = settings;
    this.settings = settings;
    this.rateLimit = rateLimit;
    this.hasTimeouts = shortestTimeoutMs([settings]) !== Number.POSITIVE_INFINITY;
    this.hostname = hostname;
    if (circuitBreaker !== false) {
      const { isFailure: _judgedHere, ...config } = circuitBreaker;
      this.breaker = createCircuitBreaker({ ...config, name: hostname, onEvent: heard });
    }
    if (concurrency !== false) this.#turns = new Turns(concurrency.max, concurrency.queue);
  }

  /** Hardly anybody would notice if it began anew: no request has or waits for a turn, and nobody has forced it open. */
  get isQuiet(): boolean {
    const forced = this.breaker?.state === "open" && this.breaker.retryAfterMs === undefined;
    return !forced && (this.#turns === undefined || this.#turns.size + this.#turns.waiting === 0);
  }

  /** How many requests have a turn, and wait for one; `undefined` where there is no limit. */
  get turns(): { max: number; active: number; queue: number; waiting: number } | undefined {
    const { concurrency } = this.settings;
    if (concurrency === false || this.#turns === undefined) return undefined;
    const { max, queue } = concurrency;
    return { max, active: this.#turns.size, queue, waiting: this.#turns.waiting };
  }

  /** Takes what a request needs, until {@link release}; a promise when it has to wait. `undefined` lets it through. */
  enter(response: ServerResponse): Problem | undefined | Promise<Problem | undefined> {
    const { destroyed, req } = response;
    if (destroyed || req.socket.destroyed) return undefined; // it will not close again, and would give nothing back
    const pass: Pass = {
      guard: this,
      ticket: undefined,
      turn: false,
      aliveAt: undefined,
      bytesWritten: 0,
      timedOut: false,
      excused: false,
    };
    (response as GuardedResponse)[PASS] = pass;
    if (this.#turns === undefined) return this.#ask(pass);
    pass.turn = this.#turns.tryTake();
    return pass.turn ? this.#ask(pass) : this.#wait(pass, this.#turns);
  }

  /** Whether the breaker lets an upgrade through. It takes no turn, and how it ends does not count. */
  enterUpgrade(): Problem | undefined {
    if (this.breaker === undefined) return undefined;
    const ticket = this.breaker.admit();
    if (ticket === undefined) return this.#isOpen(this.breaker);
    this.breaker.record(ticket, "ignored");
    return undefined;
  }

  /** Gives back what the request has taken, and counts how it ended. */
  leave(pass: Pass, response: ServerResponse): void {
    const { ticket, turn } = pass;
    if (ticket !== undefined) this.breaker?.record(ticket, this.#outcomeOf(pass, response));
    if (typeof turn === "function") turn();
    else if (turn) this.#turns?.pass();
  }

  #ask(pass: Pass): Problem | undefined {
    if (this.breaker === undefined) return undefined;
    pass.ticket = this.breaker.admit();
    return pass.ticket === undefined ? this.#isOpen(this.breaker) : undefined;
  }

  #wait(pass: Pass, turns: Turns): Promise<Problem | undefined> {
    const { max, queue, queueTimeoutMs } = this.settings.concurrency as ConcurrencySettings;
    const { hostname } = this;
    const busy = `as many requests for "${hostname}" are under way as may be (${max})`;
    return new Promise((resolve) => {
      const leave = (why?: Problem) => {
        clearTimeout(timer);
        if (waiter !== undefined) turns.leave(waiter);
        pass.turn = false;
        resolve(why);
      };
      const late = () => {
        const detail = `${busy}, and this one has waited ${queueTimeoutMs} ms for its turn; ask again later`;
        leave({ status: 503, code: "QUEUE_TIMEOUT", detail, hostname });
      };
      const timer = setTimeout(late, queueTimeoutMs);
      pass.turn = leave;
      const waiter = turns.take(() => {
        clearTimeout(timer);
        pass.turn = true;
        resolve(this.#ask(pass));
      });
      if (waiter !== undefined) return;
      const waiting = queue === 0 ? "" : `, and ${queue} wait`;
      leave({ status: 503, code: "QUEUE_FULL", detail: `${busy}${waiting}; ask again later`, hostname });
    });
  }

  #isOpen({ state, retryAfterMs }: CircuitBreaker): Problem {
    const hostname = this.hostname;
    const why = {
      open: retryAfterMs === undefined ? "is out of service" : "keeps failing, so it is not asked for now",
      "half-open": "kept failing, and is being tried by another request",
      closed: "was busy",
    }[state];
    const when = retryAfterMs === undefined ? "later" : `in ${Math.ceil(retryAfterMs / 1_000)} s`;
    return {
      status: 503,
      code: "CIRCUIT_OPEN",
      detail: `"${hostname}" ${why}; ask again ${when}`,
      hostname,
      retryAfterMs,
    };
  }

  #outcomeOf({ timedOut, excused }: Pass, response: ServerResponse): CircuitOutcome {
    if (timedOut || isBrokenOff(response)) return "failure";
    const { statusCode, writableFinished } = response;
    if (excused || !writableFinished) return "ignored"; // unfinished: most likely the client has left
    return this.#isFailure(statusCode) ? "failure" : "success";
  }

  /** A rule that throws does not hide the answer it was asked about, nor end the process. */
  #isFailure(status: number): boolean {
    const { circuitBreaker } = this.settings;
    const isFailure = (circuitBreaker === false ? undefined : circuitBreaker.isFailure) ?? isServerError;
    try {
      return isFailure(status);
    } catch (thrown) {
      process.emitWarning(toError(thrown));
      return true;
    }
  }
}

/** What `response` holds, if it does. */
export function passOf(response: GuardedResponse): Pass | undefined {
  return response[PASS];
}

/** `response` is given to its server now. */
export function beginResponse(response: GuardedResponse): void {
  const pass = response[PASS];
  if (!pass?.guard.hasTimeouts) return;
  pass.aliveAt = performance.now();
  if (pass.guard.settings.responseTimeoutMs !== Number.POSITIVE_INFINITY) setBudget(response);
}

/** `response` is refused for reasons that are not its server's. */
export function excuse(response: GuardedResponse): void {
  const pass = response[PASS];
  if (pass !== undefined) pass.excused = true;
}

/** `response` has closed: it gives back what it holds, once. */
export function leaveGuard(response: GuardedResponse): void {
  const pass = response[PASS];
  if (pass === undefined) return;
  response[PASS] = undefined;
  pass.guard.leave(pass, response);
}

function isServerError(status: number): boolean {
  return status >= 500;
}
