// #region entry
import type { Task } from "effection";
import type { ServerInfo } from "./types.ts";

/** What the pool knows of one hostname. */
export class Entry {
  /** Set while the server runs. */
  info: ServerInfo | undefined;
  /** Everybody who asks for the server shares this. */
  ready: Promise<ServerInfo>;
  /** Its whole life. */
  task: Task<void> | undefined;
  /** Set when it was told to stop: resolves when nothing of it is left. */
  stopping: PromiseLike<void> | undefined;
  #resolve!: (info: ServerInfo) => void;
  #reject!: (error: unknown) => void;

  constructor() {
    this.ready = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.ready.catch(() => {}); // nobody has to wait for it
  }

  started(info: ServerInfo): void {
    this.info = info;
    this.#resolve(info); // for those who wait
    this.ready = Promise.resolve(info); // for those who come later
  }

  failed(error: unknown): void {
    this.info = undefined;
    this.#reject(error);
    this.ready = Promise.reject(error);
    this.ready.catch(() => {});
  }
}
// #endregion
