import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { stackText } from "../stack.ts";

/** Deep enough to get from a socket, through frameworks, to the line of a test. */
const DEPTH = 100;
const HERE = new URL(".", import.meta.url).href;
/** A timer that was asked for by code in between is theirs, not that of these modules. */
const TIMERS = /node:(?:internal\/)?timers\b|node:internal\/util\b/;

/** Where something was created. */
export interface Place {
  /** `file:line:column`, from the innermost call to the outermost. */
  readonly frames: readonly string[];
  /** Where that was asked for, when Node did it a moment later. */
  readonly asked: Place | undefined;
  /** How many were asked one by the other until here. */
  readonly steps: number;
}

/** Listening and connecting take two; without a limit a place would keep everything that ever led to it. */
const MOST_STEPS = 4;

/** Remembers where the caller of this is: made into text only when that is needed. */
export function capturePlace(asked?: Place): Place {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = DEPTH;
  const error = new Error();
  Error.stackTraceLimit = stackTraceLimit;
  let frames: string[] | undefined;
  return {
    get frames() {
      frames ??= toFrames(stackText(error.stack));
      return frames;
    },
    asked: asked !== undefined && asked.steps < MOST_STEPS ? asked : undefined,
    steps: (asked?.steps ?? 0) + 1,
  };
}

/** The line to look at: in the user's own code if some of that is there, else in a package. */
export function describePlace(place: Place): string {
  const outside = chain(place).flatMap(({ frames }) => frames.filter((frame) => !frame.startsWith("node:")));
  const best = outside.find((frame) => !frame.includes("/node_modules/")) ?? outside[0];
  if (best === undefined) return "created by Node itself";
  const [, file = best, position = ""] = /^(.*?)((?::\d+){1,2})$/.exec(best) ?? [];
  const path = file.startsWith("file:") ? fileURLToPath(file) : file;
  const near = relative("", path);
  return `created at ${near.startsWith("..") ? path : near}${position}`;
}

/** Whether Node or undici made a timer for something of its own, such as a socket: that is looked at itself. */
export function isOfNode({ frames }: Place): boolean {
  const asked = frames.find((frame) => !TIMERS.test(frame)) ?? frames[0] ?? "node:";
  return asked.startsWith("node:") || /\/undici\/lib\//.test(asked);
}

/** Whether an HTTP client made a connection: it may keep it for the next request. */
export function isOfAgent(place: Place): boolean {
  return chain(place).some(({ frames }) =>
    frames.some((frame) => /^node:(?:_http_agent|internal\/deps\/undici)|\/undici\/lib\//.test(frame)),
  );
}

/** Whether a worker thread made it for its output: the worker is looked at itself. */
export function isOfWorker({ frames }: Place): boolean {
  return frames.some((frame) => /^node:internal\/worker\b/.test(frame));
}

function toFrames(stack: string): string[] {
  const folder = fileURLToPath(HERE);
  const ours = [HERE, folder, "node:internal/async_hooks"];
  return stack
    .split("\n")
    .map((line) => /^ +at (?:.*\()?((?:file:|node:|\/|[A-Za-z]:\\).*?)\)?$/.exec(line)?.[1] ?? "")
    .filter((frame) => frame !== "" && !ours.some((start) => frame.startsWith(start)));
}

function chain(place: Place): Place[] {
  const places = [place];
  for (let { asked } = place; asked !== undefined; asked = asked.asked) places.push(asked);
  return places;
}
