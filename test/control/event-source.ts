import type { RunningSwitchboard } from "../../src/index.ts";

/** One event of a stream. */
export interface SseEvent {
  event: string;
  id: string | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: whatever the stream says
  data: any;
}

/** A reader of Server-Sent Events, as a browser has one. */
export class EventSource {
  readonly events: SseEvent[] = [];
  readonly status: number;
  ended = false;
  readonly #abort: AbortController;
  #taken = 0;
  #wake: () => void = () => {};

  private constructor(response: Response, abort: AbortController) {
    this.status = response.status;
    this.#abort = abort;
    void this.#read(response);
  }

  static async open(
    board: RunningSwitchboard,
    path: string,
    headers: Record<string, string> = {},
  ): Promise<EventSource> {
    const abort = new AbortController();
    const fields = { Accept: "text/event-stream", ...headers };
    return new EventSource(await board.fetch("switchboard", path, { headers: fields, signal: abort.signal }), abort);
  }

  /** The next event of that name for which `test` holds: those before it are passed over. */
  async next(name: string, test: (data: SseEvent["data"]) => boolean = () => true): Promise<SseEvent> {
    for (;;) {
      while (this.#taken < this.events.length) {
        const found = this.events[this.#taken] as SseEvent;
        this.#taken += 1;
        if (found.event === name && test(found.data)) return found;
      }
      if (this.ended) throw new Error(`the stream ended before ${name}`);
      await this.#change();
    }
  }

  /** Returns when the stream has ended. */
  async end(): Promise<void> {
    while (!this.ended) await this.#change();
  }

  close(): void {
    this.#abort.abort();
  }

  async #read(response: Response): Promise<void> {
    let text = "";
    const decoder = new TextDecoder();
    try {
      for await (const chunk of response.body ?? []) {
        text += decoder.decode(chunk, { stream: true });
        const parts = text.split("\n\n");
        text = parts.pop() as string;
        this.events.push(...parts.filter((part) => !part.startsWith(":")).map(parse));
        this.#wake();
      }
    } catch {
      // closed by the test, or cut
    }
    this.ended = true;
    this.#wake();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}

function parse(part: string): SseEvent {
  const fields = new Map(part.split("\n").map((line) => line.split(/: (.*)/s, 2) as [string, string]));
  return { event: fields.get("event") as string, id: fields.get("id"), data: JSON.parse(fields.get("data") as string) };
}
