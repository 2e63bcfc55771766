import { noop } from "../base/operations.ts";
import type { LogLine, LogRing } from "../server/log-ring.ts";

interface Listener {
  hears(line: LogLine): void;
  /** Stops listening to the log of the server that runs. */
  stop(): void;
}

/** Who hears of what the apps of which hostnames print, however often they are started. */
export class LogListeners {
  readonly #listeners = new Map<string, Set<Listener>>();

  /** Calls `hears` with each line of `hostname` from now on. `log` is that of its server, if it runs. Returns how to stop that. */
  add(hostname: string, log: LogRing | undefined, hears: (line: LogLine) => void): () => void {
    const listener: Listener = { hears, stop: log?.listen(hears) ?? noop };
    const all = this.#listeners.get(hostname) ?? new Set();
    this.#listeners.set(hostname, all.add(listener));
    return () => {
      listener.stop();
      all.delete(listener);
      if (all.size === 0 && this.#listeners.get(hostname) === all) this.#listeners.delete(hostname);
    };
  }

  /** The app of `hostname` is started, and will print to `log`. */
  started(hostname: string, log: LogRing): void {
    for (const listener of this.#listeners.get(hostname) ?? []) {
      listener.stop();
      listener.stop = log.listen((line) => listener.hears(line));
    }
  }
}
