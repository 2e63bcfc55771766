import type { Future, Operation } from "effection";
import type { ForwardTarget } from "./forward/forward-target.ts";
import type { PortChoice } from "./listen.ts";
import type { LogRing } from "./log-ring.ts";

/** What an {@link OutsideApp} is started with. */
export interface OutsideContext {
  hostname: string;
  ports: PortChoice;
  /** Asked when it is to stop. */
  graceMs(): number;
  /** Gets its output. */
  log: LogRing;
  /** Hears what it waits for until it is ready. */
  notYet(why: string): void;
}

/** Where its requests go. */
export interface Outside {
  target: ForwardTarget;
  /** Rejects when it has ended by itself. Somebody else's server is not watched. */
  ended?: Future<never>;
}

/**
 * An app that runs outside this event loop. An app factory returns one in place of an app: then requests for its hostname
 * are forwarded.
 *
 * **Lifetime.** It describes how to start a server, and can be used for any number of them. Each lives as one whose app
 * is here: until it is stopped, is idle, or crashes. Its start may take a minute if it is a command, unless `startTimeoutMs` says otherwise.
 *
 * **Failure.** Wrong options throw `INVALID_OPTION` when it is made. A start that fails, or a server that ends by
 * itself, is that of its hostname alone, and is reported with its last output.
 */
export class OutsideApp {
  /** Where it runs: in a worker thread, in a child process, or somebody else runs it. */
  readonly kind: "thread" | "command" | "remote";
  /** @internal */
  readonly open: (context: OutsideContext) => Operation<Outside>;

  /** @internal */
  constructor(kind: OutsideApp["kind"], open: OutsideApp["open"]) {
    this.kind = kind;
    this.open = open;
  }
}
