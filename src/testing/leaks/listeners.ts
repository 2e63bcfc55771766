import type { EventEmitter } from "node:events";
import { capturePlace, describePlace, type Place } from "./place.ts";

type Listener = (...args: unknown[]) => void;

interface Added {
  readonly name: string;
  readonly emitter: EventEmitter;
  readonly event: string | symbol;
  readonly listener: Listener;
  readonly place: Place;
  /** How often it listened already. */
  readonly before: number;
}

/** Listeners that are added to shared emitters. */
export interface ListenerWatch {
  /** A line for each listener that was added and not removed. */
  left(): string[];
  stop(): void;
}

/** Watches `emitters`, by the names that messages give them; `counts` says whether whoever adds a listener now is meant. */
export function watchListeners(emitters: Record<string, EventEmitter>, counts: () => boolean): ListenerWatch {
  const added: Added[] = [];
  const stops = Object.entries(emitters).map(([name, emitter]) => {
    const hear = (event: string | symbol, listener: Listener) => {
      if (!counts()) return;
      added.push({ name, emitter, event, listener, place: capturePlace(), before: count(emitter, event, listener) });
    };
    emitter.on("newListener", hear);
    return () => void emitter.off("newListener", hear);
  });
  return {
    left: () => added.filter((one) => isLeft(one, added)).map(describe),
    stop() {
      for (const stop of stops) stop();
    },
  };
}

/** Of a listener that was added several times, the newest are left: as many as listen now and did not before. */
function isLeft(one: Added, added: readonly Added[]): boolean {
  const { emitter, event, listener } = one;
  const same = added.filter(
    (other) => other.emitter === emitter && other.event === event && other.listener === listener,
  );
  const more = count(emitter, event, listener) - (same[0]?.before ?? 0);
  return same.length - same.indexOf(one) <= more;
}

function count(emitter: EventEmitter, event: string | symbol, listener: Listener): number {
  return emitter.listeners(event).filter((other) => other === listener).length;
}

function describe({ name, event, place }: Added): string {
  return `listener for ${JSON.stringify(String(event))} on ${name}, ${describePlace(place)}`;
}
