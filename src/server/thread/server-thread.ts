import { extname } from "node:path";
import { Worker, type WorkerOptions } from "node:worker_threads";
import { type Operation, race, withResolvers } from "effection";
import { SwitchboardError, toError, whereThrown, withPlace } from "../../base/errors.ts";
import { finishesWithin, noop } from "../../base/operations.ts";
import { LONGEST_DELAY_MS } from "../../base/options.ts";
import type { Environment } from "../environment.ts";
import { lastOutput } from "../outside-server.ts";
import type { ThreadSettings } from "./thread-config.ts";
import type { ReadyMessage, StopMessage, ThreadData } from "./thread-messages.ts";

/** What a thread may take beyond its grace: the cut of what is left, and the cleanup of the app. */
const CLEANUP_MS = 500;

/** What a thread may take to end that is made to; only code outside JavaScript can hold it up. */
const TERMINATED_MS = 1_000;

/** How a thread ended. */
interface Ending {
  code: number;
  /** What nobody in it has caught, and where that was thrown. */
  error: Error | undefined;
  where: string;
}

/**
 * A worker thread that runs one app.
 *
 * **Lifetime.** From the constructor until `stop` returns, which never throws. **Failure.** See `ready` and `crash`.
 */
export class ServerThread {
  readonly #settings: ThreadSettings;
  readonly #worker: Worker;
  readonly #listening = withResolvers<number>();
  readonly #ended = withResolvers<Ending>();
  #isReady = false;

  constructor(settings: ThreadSettings) {
    this.#settings = settings;
    this.#worker = this.#start();
    let error: Error | undefined;
    let where = "";
    this.#worker.on("message", ({ port }: ReadyMessage) => this.#listening.resolve(port));
    this.#worker.on("error", (thrown) => {
      error = toError(thrown);
      where = whereThrown(thrown);
    });
    this.#worker.on("exit", (code) => this.#ended.resolve({ code, error, where }));
    this.#worker.stdout.on("data", (bytes: Buffer) => settings.log.write("stdout", bytes));
    this.#worker.stderr.on("data", (bytes: Buffer) => settings.log.write("stderr", bytes));
  }

  /** The port, as soon as it listens. Throws when it ends before. */
  *ready(): Operation<number> {
    const outcome = yield* race([this.#listening.operation, this.#ended.operation]);
    if (typeof outcome !== "number") throw this.#startFailed(outcome);
    this.#isReady = true;
    return outcome;
  }

  /** Returns the reason when it ends by itself. */
  *crash(): Operation<SwitchboardError> {
    const ending = yield* this.#ended.operation;
    const { hostname, log } = this.#settings;
    const cause = ending.error && { cause: ending.error };
    const { output } = lastOutput(log);
    const message = this.#describe(ending, "", "; its thread has ended");
    return new SwitchboardError("SERVER_CLOSED", message, { hostname, output, ...cause });
  }

  /** Asks it to drain and end, and ends it when it has not done so in time. Returns when the thread is gone. */
  *stop(): Operation<void> {
    const { stdout, stderr } = this.#worker;
    const graceMs = this.#isReady ? this.#settings.graceMs() : 0;
    this.#worker.postMessage({ graceMs } satisfies StopMessage);
    const gone = () => this.#gone();
    if (!(yield* finishesWithin(Math.min(graceMs + CLEANUP_MS, LONGEST_DELAY_MS), gone))) {
      this.#worker.terminate().catch(noop);
      yield* finishesWithin(TERMINATED_MS, gone);
    }
    this.#worker.unref();
    for (const stream of [stdout, stderr]) stream.destroy();
  }

  *#gone(): Operation<void> {
    yield* this.#ended.operation;
  }

  #start(): Worker {
    const { file, hostname, resourceLimits, env } = this.#settings;
    const workerData: ThreadData = { file, hostname };
    try {
      return startWorker({ workerData, resourceLimits, env: toVariables(env), stdout: true, stderr: true });
    } catch (error) {
      throw this.#startFailed({ code: 1, error: toError(error), where: "" });
    }
  }

  #startFailed(ending: Ending): SwitchboardError {
    const { error } = ending;
    const { hostname, log } = this.#settings;
    // An error that comes from another thread is a copy, and of no class of this one.
    if (error !== undefined && "code" in error && error.code === "DECLINED") {
      return new SwitchboardError("DECLINED", error.message, { hostname });
    }
    const message = this.#describe(ending, " before it was ready", "");
    const { output } = lastOutput(log);
    return new SwitchboardError("START_FAILED", message, { hostname, output, ...(error && { cause: error }) });
  }

  /** The reason comes first: in a list, the rest may be cut. */
  #describe({ code, error, where }: Ending, when: string, end: string): string {
    const { text, output } = lastOutput(this.#settings.log);
    if (error === undefined) return `its thread exited with code ${code}${when}${text}`;
    return `${withPlace(error, `${where}${end}`)}${output.length === 0 ? "" : text}`;
  }
}

/** A worker would take `undefined` for a text. */
function toVariables(env: Environment): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries({ ...process.env, ...env }).filter(([, value]) => value !== undefined));
}

/** Node does not read TypeScript in every version: a thread of the sources needs what the sources themselves need. */
function startWorker(options: WorkerOptions): Worker {
  const extension = extname(import.meta.url);
  const entry = new URL(`./thread-entry${extension}`, import.meta.url);
  if (extension === ".js") return new Worker(entry, options);
  const [tsx, file] = [import.meta.resolve("tsx/esm/api"), entry.href].map((url) => JSON.stringify(url));
  const script = `import(${tsx}).then(({ register }) => { register(); return import(${file}); });`;
  return new Worker(script, { ...options, eval: true });
}
