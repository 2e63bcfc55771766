import { ensure, type Operation, resource } from "effection";
import { LOOPBACK, type OutsideServer, watchFor } from "../outside-server.ts";
import { ServerThread } from "./server-thread.ts";
import { resolveThreadServer, type ThreadServerConfig } from "./thread-config.ts";

/**
 * An app that listens on a port of 127.0.0.1 from a worker thread, with an event loop of its own.
 *
 * **Lifetime.** Ready when it listens. Released when the caller ends: it drains as {@link useExpressServer} does, for
 * `graceMs`; a thread that has not ended half a second later is ended by force, whatever it does. A start that is
 * halted has that half second.
 *
 * **Failure.** Throws `INVALID_OPTION` at the call, `DECLINED` when the app factory declines the hostname, and
 * `START_FAILED` with the reason and the last 20 lines of output when the module cannot be loaded or has no app, the app
 * cannot be made, or the thread ends before it listens. One that never listens is waited for: the caller sets the
 * deadline. Afterwards, an error that nobody catches, a rejection that nobody handles, `process.exit` and the end of its
 * memory end the thread, and reject `ended`; nothing else notices. What kills a process (a signal, a fault in native
 * code) kills this one: run such an app as a command. Processes that the app has started are its own to end.
 *
 * ```ts
 * const { address, ended } = yield* useThreadServer({ hostname: "shop", module: "./shop.ts" });
 * ```
 */
export function useThreadServer(config: ThreadServerConfig): Operation<OutsideServer> {
  const settings = resolveThreadServer(config);
  return resource(function* (provide) {
    const thread = new ServerThread(settings);
    yield* ensure(() => thread.stop());
    const [host = ""] = LOOPBACK;
    const address = { host, port: yield* thread.ready() };
    const ended = yield* watchFor(() => thread.crash());
    yield* provide({ address, ended, log: settings.log });
  });
}
