import { EventEmitter } from "node:events";
import { type IncomingMessage, Server, ServerResponse } from "node:http";
import { Duplex } from "node:stream";
import { toError } from "../base/errors.ts";
import { noop } from "../base/operations.ts";
import { type App, isThenable } from "./app.ts";
import { InFlight } from "./in-flight.ts";
import { type Problem, sendProblem } from "./problem.ts";

const APP_FAILED: Problem = { status: 500, code: "APP_FAILED", detail: "the app failed to answer this request" };

/**
 * The `http.Server` an app runs on. It serves alike what arrives on its own port and what is handed to it by
 * emitting `request` or `upgrade`: both are counted, and in both a listener that throws or rejects answers
 * 500, is reported, and ends nothing else.
 */
export class AppServer extends Server {
  static {
    // Where promises that listeners return end when they reject.
    Object.defineProperty(AppServer.prototype, EventEmitter.captureRejectionSymbol, {
      value(this: AppServer, error: unknown, _event: string, request: IncomingMessage, target: unknown) {
        this.#fail(error, request, target);
      },
    });
  }

  readonly inFlight: InFlight;
  readonly #failed: (error: Error) => void;
  #app: App | undefined;

  /** @param failed hears what the app's listeners threw outside its own error handling, and of failed accepts. */
  constructor(failed: (error: Error) => void) {
    super({ keepAliveTimeout: 65_000, headersTimeout: 20_000 });
    // net.Server does not pass this option on (Node docs, "Capture rejections of promises").
    Reflect.apply(EventEmitter, this, [{ captureRejections: true }]);
    this.#failed = failed;
    this.inFlight = new InFlight(noop, failed);
    // Before the app exists: what attaches to the server while the app is made (engine.io) wraps this listener.
    this.on("request", this.serve);
    // Node reports a failed accept, such as EMFILE, here; the server goes on listening.
    this.on("error", (error) => {
      if (this.listening) this.#failed(error);
    });
  }

  /** Sets the app that answers from now on. */
  use(app: App): void {
    this.#app = app;
  }

  override emit(event: string, ...args: unknown[]): boolean {
    const [request, target] = args as [IncomingMessage, unknown];
    if ((event === "upgrade" || event === "connect") && target instanceof Duplex) {
      target.on("error", noop);
      this.inFlight.addSocket(target);
    } else if (target instanceof ServerResponse) {
      this.inFlight.addRequest(target);
    }
    try {
      return super.emit(event, ...args);
    } catch (error) {
      this.#fail(error, request, target);
      return true;
    }
  }

  /** @internal The first `request` listener: one function for all servers. */
  serve(request: IncomingMessage, response: ServerResponse): void {
    const result: unknown = this.#app?.(request as never, response as never);
    // Express returns nothing; an async request listener returns a promise that nobody else looks at.
    if (isThenable(result)) result.then(undefined, (error: unknown) => this.#fail(error, request, response));
  }

  #fail(thrown: unknown, request: IncomingMessage, target: unknown): void {
    this.#failed(toError(thrown));
    if (target instanceof ServerResponse) {
      try {
        sendProblem(request, target, APP_FAILED);
      } catch {
        target.destroy(); // the app has replaced what it takes to answer
      }
    } else if (target instanceof Duplex) {
      target.destroy();
    }
  }
}
