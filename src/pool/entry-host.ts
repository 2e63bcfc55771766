import type { Scope } from "effection";
import type { Turns } from "../resilience/turns.ts";
import type { AppFactory } from "../server/app.ts";
import type { LogRing } from "../server/log-ring.ts";
import type { FailureEvent, ServerEvent } from "./events.ts";
import type { Ports } from "./ports.ts";
import type { ServerInfo } from "./server-info.ts";

/** What an entry needs of its pool. */
export interface EntryHost<Entry> {
  readonly scope: Scope;
  readonly app: AppFactory;
  readonly host: string;
  readonly ports: Ports;
  /**
   * For those that start. No worker pool: the resources of a job end with the job, while a server outlives its start.
   */
  readonly turns: Turns;
  /** What is left for a drain that may take `ownMs`. */
  graceMs(ownMs: number): number;
  emit(event: ServerEvent): void;
  /** No server that is gone has printed a line with a higher number. */
  readonly linesBefore: number;
  /** The app of `hostname` is made, and will print to `log`. */
  printing(hostname: string, log: LogRing): void;
  /** Whether the health checks of `hostname` fail now, whatever its server answers. */
  failsHealth(hostname: string): boolean;
  /** It is to be kept: neither idle for too long, nor in the way of others. */
  isPinned(hostname: string): boolean;
  /** A start has its turn, and begins; throws `BACKING_OFF` or `FAILED` while a failure forbids it. */
  begin(hostname: string): void;
  /** The server listens: requests can be given to it. */
  running(entry: Entry, info: ServerInfo): void;
  /** The entry has begun to stop: no request is given to it any more. */
  leaving(entry: Entry): void;
  /** Remembers a failure, with the end of what was printed before it, and says what comes next. */
  failed(hostname: string, error: Error, log: LogRing | undefined): FailureEvent;
  /** The entry has ended: its port is free, nothing of it is left. */
  gone(entry: Entry): void;
}
