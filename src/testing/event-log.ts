import { toHostname } from "../base/hostname.ts";
import { checkKnownOptions, fail } from "../base/options.ts";
import type { RunEvent } from "../start/run-config.ts";
import { Supply, WAIT_MS, type WaitOptions } from "./supply.ts";

/**
 * What every event has.
 *
 * **Lifetime.** Kept, as it is, for as long as its log.
 *
 * **Failure.** None: plain data.
 */
export interface LoggedEvent {
  /** What happened. */
  type: string;
  /** Whom it is about, if it is about one. @default none */
  hostname?: string | undefined;
}

/**
 * Events in the order of their arrival, and a way to wait for one.
 *
 * **Lifetime.** It keeps every event that it was ever given: have one for each test.
 *
 * **Failure.** `next` rejects when the event does not come in time, with the list of what did happen.
 */
export interface EventLog<T extends LoggedEvent = RunEvent> {
  /** Everything that happened so far. */
  readonly all: readonly T[];
  /** Where events come from: pass it as `onEvent`. */
  readonly add: (event: T) => void;
  /**
   * The first event of this type (and hostname) that no earlier `next` has given: one that happened already, or the
   * next one to happen. Options are the third argument. Waits that fit the same event get one each, in the order of their calls.
   */
  next<K extends T["type"]>(type: K, hostname?: string, options?: WaitOptions): Promise<Extract<T, { type: K }>>;
  /** `"type hostname"` of each event so far, in order; only of these types, if some are named. */
  lines(...types: T["type"][]): string[];
  /** Events of these types that no `next` has given. */
  untaken(...types: T["type"][]): T[];
}

/**
 * Makes an {@link EventLog}.
 *
 * **Lifetime.** A passive value: there is nothing to close.
 *
 * **Failure.** `next` rejects after `timeoutMs` with the
 * list of what did happen.
 *
 * ```ts
 * const events = createEventLog();
 * await using board = await createSwitchboard({ app, onEvent: events.add });
 * await board.fetch("shop");
 * const { port } = await events.next("started", "shop");
 * ```
 */
export function createEventLog<T extends LoggedEvent = RunEvent>(): EventLog<T> {
  const all: T[] = [];
  const supply = new Supply<T>();
  const add = (event: T) => {
    all.push(event);
    supply.add(event);
  };
  const next = <K extends T["type"]>(type: K, hostname?: string, options: WaitOptions = {}) => {
    if (hostname !== undefined && typeof hostname !== "string")
      fail("hostname", "text or undefined (options are the third argument)", hostname);
    checkKnownOptions("events.next", options, ["timeoutMs"]);
    const { timeoutMs = WAIT_MS } = options;
    const names = hostname === undefined ? undefined : [hostname, toHostname(hostname)];
    const fits = (event: T) => event.type === type && (names?.includes(event.hostname) ?? true);
    const describe = () => describeMiss(toLine({ type, hostname }), timeoutMs, all, supply.left);
    return supply.next({ fits, timeoutMs, describe, asked: next }) as Promise<Extract<T, { type: K }>>;
  };
  const ofTypes = (types: readonly string[]) =>
    types.length === 0 ? all : all.filter(({ type }) => types.includes(type));
  return {
    all,
    add,
    next,
    lines: (...types) => ofTypes(types).map(toLine),
    untaken: (...types) => ofTypes(types).filter((event) => supply.left.has(event)),
  };
}

function toLine({ type, hostname }: LoggedEvent): string {
  return hostname === undefined ? type : `${type} ${hostname}`;
}

function describeMiss<T extends LoggedEvent>(
  wanted: string,
  timeoutMs: number,
  all: readonly T[],
  left: ReadonlySet<T>,
): string {
  const list = all.map((event) => {
    const message = "message" in event ? `: ${event.message}` : "";
    return `\n  ${toLine(event)}${message}${left.has(event) ? "" : " (given to an earlier next)"}`;
  });
  const happened = list.length === 0 ? "nothing happened" : `this happened, in order:${list.join("")}`;
  return `no event "${wanted}" within ${timeoutMs} ms; ${happened}\nCause it before you wait, or wait longer with { timeoutMs }`;
}
