import type { OutputEvent } from "./output-event.ts";

/** How much is printed: what is of the level that is asked for, or of one behind it. They are those of pino. */
export const LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;

export type LevelName = (typeof LEVELS)[number];

/** How much each event matters. */
export function levelOf(event: OutputEvent): Exclude<LevelName, "silent"> {
  switch (event.type) {
    case "request":
      return event.asked ? "info" : "debug";
    case "error":
    case "failed":
    case "front-error":
    case "uncaught":
      return "error";
    case "health":
      return event.to === "healthy" ? "info" : "warn";
    case "slow-start":
    case "forward-error":
    case "replica-failed":
    case "backing-off":
    case "restarting":
    case "cut":
    case "timed-out":
    case "blocked":
    case "circuit-opened":
      return "warn";
    case "report":
      return event.requestsCut + event.socketsCut > 0 ? "warn" : "info";
    default:
      return "info";
  }
}

/** Whether what is of `level` is printed where `least` is asked for. */
export function isPrinted(level: LevelName, least: LevelName): boolean {
  return LEVELS.indexOf(level) >= LEVELS.indexOf(least);
}
