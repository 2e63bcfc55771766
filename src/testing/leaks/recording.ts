import { AsyncLocalStorage, createHook, executionAsyncResource } from "node:async_hooks";
import type { Worker } from "node:worker_threads";
import { KINDS, type Made } from "./kinds.ts";
import { PendingRequests } from "./pending.ts";
import { capturePlace, describePlace, isOfAgent, isOfNode, type Place } from "./place.ts";

/** Something that was made while a recording ran, by what it ran. */
interface Entry extends Made {
  readonly type: string;
  readonly place: Place;
}

/** What a body makes: only what is made by it, or because of it, whatever else happens in the process meanwhile. */
export class Recording {
  /** The recording whose body has begun this one: it gets everything, too. */
  readonly outer: Recording | undefined = current.getStore();
  readonly #entries = new Map<number, Entry>();
  readonly #pending = new PendingRequests();

  add(id: number, type: string, resource: object, place: Place): void {
    this.#entries.set(id, { type, resource, place, worker: undefined });
    this.outer?.add(id, type, resource, place);
  }

  addPending(id: number, type: string, resource: object): void {
    this.#pending.add(id, type, resource);
    this.outer?.addPending(id, type, resource);
  }

  has(id: number): boolean {
    return this.#entries.has(id);
  }

  delete(id: number): void {
    this.#entries.delete(id);
    this.#pending.delete(id);
  }

  /** Whether something is under way that may still make things. */
  get isPending(): boolean {
    return this.#pending.any;
  }

  addWorker(worker: Worker): void {
    const next = [...this.#entries.values()].find((entry) => entry.type === "WORKER" && entry.worker === undefined);
    if (next !== undefined) next.worker = worker;
    this.outer?.addWorker(worker);
  }

  /** A line for each thing that is still there. */
  left(): string[] {
    const entries = [...this.#entries.values()].filter((entry) => !KINDS[entry.type]?.isOver?.(entry));
    const hasChild = entries.some(({ type }) => type === "PROCESSWRAP");
    return entries
      .filter(({ type, place }) => !(type === "Timeout" || type === "Immediate") || !isOfNode(place))
      .filter(({ type, place }) => !(hasChild && type === "PIPEWRAP" && isOfChild(place)))
      .map((entry) => `${KINDS[entry.type]?.describe(entry)}, ${whence(entry)}`);
  }
}

const current = new AsyncLocalStorage<Recording>();
const running = new Set<Recording>();

/** What Node's ticks have, without being documented. */
interface Tick {
  callback?: { name?: string };
}

/** What Node does first when it is to listen or connect: it says where that was asked for. */
const STEPS: ReadonlySet<string> = new Set(["TickObject", "GETADDRINFOREQWRAP"]);
const asked = new WeakMap<object, Place>();

/**
 * Two of three ticks: those in which streams only call who listens to them. What is made there has the line of a
 * listener, and to capture where each tick was asked for would take as long as many a body.
 */
const STREAM_TICKS: ReadonlySet<string | undefined> = new Set([
  "afterWriteTick",
  "emitCloseNT",
  "emitErrorCloseNT",
  "emitReadable_",
  "endReadableNT",
  "maybeReadMore_",
  "onError",
  "resume_",
]);

const hook = createHook({
  init(id, type, trigger, resource) {
    const isRequest = PendingRequests.includes(type);
    if (!(type in KINDS) && !STEPS.has(type) && !isRequest) return;
    if (type === "TickObject" && STREAM_TICKS.has((resource as Tick).callback?.name)) return;
    // A connection that is accepted has no context: it belongs to its server, which triggered it.
    const recording = current.getStore() ?? [...running].find((one) => one.has(trigger));
    if (recording === undefined) return;
    if (isRequest) recording.addPending(id, type, resource);
    if (isRequest && !STEPS.has(type)) return;
    const place = capturePlace(asked.get(executionAsyncResource()));
    if (type in KINDS) recording.add(id, type, resource, place);
    else asked.set(resource, place);
  },
  destroy(id) {
    for (const recording of running) recording.delete(id);
  },
});
const hearOfWorker = (worker: Worker) => current.getStore()?.addWorker(worker);

/** Begins to hear of what is made. Returns how to stop that. */
export function startRecording(recording: Recording): () => void {
  if (running.size === 0) {
    hook.enable();
    process.on("worker", hearOfWorker);
  }
  running.add(recording);
  return () => {
    running.delete(recording);
    if (running.size > 0) return;
    hook.disable();
    process.off("worker", hearOfWorker);
  };
}

/** Runs `body`; what it makes, now or later, is recorded. */
export function record<T>(recording: Recording, body: () => T): T {
  return current.run(recording, body);
}

/** Whether the code that calls this runs because of what `recording` runs. */
export function isRecorded(recording: Recording): boolean {
  let found = current.getStore();
  while (found !== undefined && found !== recording) found = found.outer;
  return found !== undefined;
}

function isOfChild({ frames }: Place): boolean {
  return frames.some((frame) => frame.startsWith("node:internal/child_process"));
}

/** What the line of an entry says after what it is. */
function whence({ type, place }: Entry): string {
  const accepted =
    place.frames.length === 0 && place.asked === undefined && (type === "TCPWRAP" || type === "PIPEWRAP");
  if (accepted) return "accepted by a server";
  const hint = `; an agent may keep it alive: close the agent, or send "connection: close"`;
  return `${describePlace(place)}${type === "TCPWRAP" && isOfAgent(place) ? hint : ""}`;
}
