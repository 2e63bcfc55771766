/** What the thread of a thread server runs: the same server as inline, with the same drain, on an event loop of its own. */
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { action, type Operation, race, run, until, withResolvers } from "effection";
import { noop } from "../../base/operations.ts";
import { loadApp } from "../module.ts";
import { LOOPBACK } from "../outside-server.ts";
import { openServer } from "../server.ts";
import type { ReadyMessage, StopMessage, ThreadData } from "./thread-messages.ts";

const owner = parentPort as MessagePort;
const { file, hostname } = workerData as ThreadData;
let graceMs = 0;

// A failure rejects this, and ends the thread: its owner hears of it as of any error that nobody has caught.
await run(() => race([serve(), stopAsked()]));
// Nothing that the app has left may keep the thread alive.
process.exit(0);

function* serve(): Operation<void> {
  const lost = withResolvers<void>();
  const [host = ""] = LOOPBACK;
  const { port } = yield* openServer({
    app: yield* loadApp(file),
    *openOutside(...app) {
      const { openForwarding } = yield* until(import("../forwarding-server.ts"));
      return yield* openForwarding(...app);
    },
    hostname,
    host,
    ports: { take: () => 0, busy: noPort },
    limits: () => ({ graceMs, lingerMs: 0 }),
    // An app that fails on one request goes on; what it says belongs to its log.
    failed: (error) => console.error(error),
    stopping: noop,
    crashed: lost.reject,
    drained: noop,
  });
  owner.postMessage({ port } satisfies ReadyMessage);
  yield* lost.operation;
}

function stopAsked(): Operation<void> {
  return action((resolve) => {
    const onMessage = (message: StopMessage) => {
      graceMs = message.graceMs;
      resolve();
    };
    owner.on("message", onMessage);
    return () => owner.off("message", onMessage);
  }, "a stop");
}

function noPort(): never {
  throw new Error("the operating system has no free port left; stop some servers");
}
