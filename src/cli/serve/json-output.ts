import pino from "pino";
import { summarize } from "../../base/errors.ts";
import { printable } from "../terminal/printable.ts";
import { type LevelName, levelOf } from "./levels.ts";
import type { OutputEvent, RequestEvent } from "./output-event.ts";

/** Where text goes. */
export interface Sink {
  write(text: string): unknown;
  isTTY?: boolean;
}

/**
 * One JSON object per line: `level`, `time`, `type`, and what the event has. Errors are their name, message, code and
 * stack. What is below `least` is left out.
 */
export function createJsonOutput(sink: Sink, least: LevelName = "info"): (event: OutputEvent) => void {
  const log = pino(
    {
      level: least,
      base: null, // its `hostname` would be this machine, where events have the name of an app
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (level) => ({ level }) },
    },
    { write: (line) => sink.write(`${printable(line.trimEnd())}\n`) },
  );
  return (event) => log[levelOf(event)](event.type === "request" ? toFields(event) : withPlainErrors(event));
}

function toFields({ type, record }: RequestEvent): object {
  const { id, client, hostname, method, path, status, outcome, code, durationMs } = record;
  const ms = Math.round(durationMs * 1_000) / 1_000;
  return { type, id, client, hostname, method, path, status, outcome, code, ms };
}

function withPlainErrors(event: OutputEvent): object {
  return Object.fromEntries(Object.entries(event).map(([key, value]) => [key, toPlain(value)]));
}

function toPlain(value: unknown): unknown {
  return value instanceof Error ? { ...summarize(value), stack: value.stack } : value;
}
