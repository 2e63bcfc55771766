import type { EventEmitter } from "node:events";
import { capturePlace, describePlace, isOfWorker, type Place } from "./place.ts";

type Listener = (...args: unknown[]) => void;

/** One function that listens for one event. */
interface Listening {
  readonly name: string;
  readonly emitter: EventEmitter;
  readonly event: string | symbol;
  readonly listener: Listener;
  /** How often it did at the start. */
  readonly before: number;
  /** Where the body has added it, less what the body has removed. */
  readonly places: Place[];
  /** How often the body has removed it more than added. */
  removed: number;
}

/** Listeners that are added to shared emitters. */
export interface ListenerWatch {
  /** A line for each listener that was added and not removed. */
  left(): string[];
  stop(): void;
}

/** Watches `emitters`, by the names that messages give them; `counts` says whether whoever adds a listener now is meant. */
export function watchListeners(emitters: Record<string, EventEmitter>, counts: () => boolean): ListenerWatch {
  const watches = Object.entries(emitters).map(([name, emitter]) => watch(name, emitter, counts));
  return {
    left: () => watches.flatMap(({ touched }) => touched.flatMap(toLines)),
    stop() {
      for (const { stop } of watches) stop();
    },
  };
}

function watch(name: string, emitter: EventEmitter, counts: () => boolean): { touched: Listening[]; stop(): void } {
  const start = new Map(emitter.eventNames().map((event) => [event, emitter.listeners(event)]));
  const touched: Listening[] = [];
  const find = (event: string | symbol, listener: Listener) => {
    let found = touched.find((one) => one.event === event && one.listener === listener);
    if (found === undefined) {
      found = { name, emitter, event, listener, before: count(start.get(event), listener), places: [], removed: 0 };
      touched.push(found);
    }
    return found;
  };
  const hearAdded = (event: string | symbol, listener: Listener) => {
    if (!counts()) return;
    const found = find(event, listener);
    if (found.removed > 0) found.removed -= 1;
    else found.places.push(capturePlace());
  };
  const hearRemoved = (event: string | symbol, listener: Listener) => {
    if (!counts()) return;
    const found = find(event, listener);
    if (found.places.pop() === undefined) found.removed += 1;
  };
  emitter.on("newListener", hearAdded).on("removeListener", hearRemoved);
  return {
    touched,
    stop: () => void emitter.off("removeListener", hearRemoved).off("newListener", hearAdded),
  };
}

/** The newest are left: as many as listen now and did not before. Others may have added, or removed, the same one. */
function toLines({ name, emitter, event, listener, before, places }: Listening): string[] {
  const more = Math.min(places.length, count(emitter.listeners(event), listener) - before);
  if (more <= 0) return [];
  return places
    .slice(-more)
    .filter((place) => !isOfWorker(place))
    .map((place) => `listener for ${JSON.stringify(String(event))} on ${name}, ${describePlace(place)}`);
}

// biome-ignore lint/complexity/noBannedTypes: what an emitter gives
function count(listeners: readonly Function[] | undefined, listener: Listener): number {
  return listeners?.filter((other) => other === listener).length ?? 0;
}
