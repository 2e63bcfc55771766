import type { RequestRecord } from "../../base/request-record.ts";
import type { Journal, JournalSubscription } from "../../observe/journal.ts";
import type { LogArguments } from "./arguments.ts";
import { createHumanOutput, type Shown } from "./human-output.ts";
import { createJsonOutput } from "./json-output.ts";
import type { OutputEvent } from "./output-event.ts";

/** How much may wait for a reader of the output that does not read; then lines are lost, and counted. */
const MOST_WAITING = 4 * 1024 * 1024;

/**
 * Prints what happens. It neither waits for a reader that is slow, nor keeps more than 4 MB for it, but for what is printed
 * at the end.
 *
 * **Lifetime.** Until `close`. What it has written is with the stream: {@link flushed} waits for it.
 *
 * **Failure.** None: how many lines are lost is printed once there is room again.
 */
export class Printer {
  readonly #stream: NodeJS.WriteStream;
  readonly #print: (event: OutputEvent) => void;
  readonly #asked: boolean;
  /** Whether the log is to have requests. */
  readonly withRequests: boolean;
  #requests: JournalSubscription<RequestRecord> | undefined;
  #held: OutputEvent[] | undefined = [];
  #lost = 0;
  #room = MOST_WAITING;

  constructor(stream: NodeJS.WriteStream, log: LogArguments, shown: () => Shown) {
    this.#stream = stream;
    this.#asked = log.requests;
    this.withRequests = log.requests || log.level === "debug" || log.level === "trace";
    const sink = { write: (text: string) => this.#write(text), isTTY: stream.isTTY === true };
    this.#print = log.json ? createJsonOutput(sink, log.level) : createHumanOutput(sink, shown, log.level);
  }

  /** Prints an event, behind the requests that came before it. Until {@link open} it only keeps them. */
  print(event: OutputEvent): void {
    if (event.type === "draining") this.#room = Number.POSITIVE_INFINITY; // little is to come, and nothing after it
    if (this.#held !== undefined) this.#held.push(event);
    else {
      this.printRequests();
      this.#printOne(event);
    }
  }

  /** Everything is known that the start-up block says: prints what has happened. */
  open(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const event of held) this.print(event);
  }

  /** Has requests printed, from now on; whoever calls it calls {@link printRequests} when there are some. */
  watch(requests: Journal<RequestRecord>): JournalSubscription<RequestRecord> {
    this.#requests = requests.subscribe();
    return this.#requests;
  }

  /** Prints what is left. */
  close(): void {
    this.open();
    this.printRequests();
    this.#requests?.close();
  }

  /** Prints the requests that have finished since. */
  printRequests(): void {
    const batch = this.#requests?.take();
    if (batch === undefined) return;
    if (batch.lost > 0) this.#printOne({ type: "lost", lost: batch.lost });
    for (const record of batch.records) this.#printOne({ type: "request", asked: this.#asked, record });
  }

  #printOne(event: OutputEvent): void {
    if (this.#lost > 0 && this.#stream.writableLength < this.#room) {
      const lost = this.#lost;
      this.#lost = 0;
      this.#print({ type: "lost", lost });
    }
    this.#print(event);
  }

  #write(text: string): void {
    if (this.#stream.writableLength < this.#room) this.#stream.write(text);
    else this.#lost += 1;
  }
}
