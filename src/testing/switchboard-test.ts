// biome-ignore lint/suspicious/noTsIgnore: where vitest is installed there is nothing to expect
/** @ts-ignore optional: users of other test runners have no vitest */
import type { TestAPI } from "vitest";
import { noop } from "../base/operations.ts";
import type { ServerPool } from "../pool/server-pool.ts";
import { createSwitchboard, type RunConfig, type RunEvent, type RunningSwitchboard } from "../start.ts";
import { createEventLog, type EventLog } from "./event-log.ts";
import { throwUntaken } from "./untaken.ts";
import { openWebSocket, type TestWebSocket, type WebSocketOptions } from "./web-socket.ts";

/**
 * What a test of {@link switchboardTest} can ask for.
 *
 * **Lifetime.** Made for one test, and gone when it has ended.
 *
 * **Failure.** As their own; an error that no test took fails the test at its end.
 */
export interface SwitchboardFixtures {
  /** A switchboard of its own, on any free port. */
  switchboard: RunningSwitchboard;
  /** The pool of `switchboard`. */
  pool: ServerPool;
  /** `switchboard.fetch`. What is still under way when the test ends is aborted. */
  fetch: RunningSwitchboard["fetch"];
  /** {@link openWebSocket} to `switchboard`. What is still open when the test ends is closed. */
  ws: (hostname: string, path?: string, options?: WebSocketOptions) => Promise<TestWebSocket>;
  /** Everything that happens to `switchboard`. */
  events: EventLog<RunEvent>;
  /** What `switchboard` is created with; another one for a suite: `test.override({ config: { app } })`. */
  config: RunConfig;
}

/** What is in flight when a test ends is abandoned: it gets no long grace. */
const GRACE_MS = 1_000;

/** What a test must not keep when it is over. */
const HEAVY = ["switchboard", "pool", "fetch", "ws", "events"] satisfies (keyof SwitchboardFixtures)[];

const vitest = await loadVitest();

/**
 * vitest's `test` with a fresh switchboard for each test that asks for one, on free ports: tests may run concurrently.
 *
 * **Lifetime.** Starts when a test (or its `beforeEach`) names a fixture of {@link SwitchboardFixtures}; gone when
 * the test has ended, also when it failed or timed out. `basePort` is 0 here, and `graceMs` 1,000, unless `config`
 * says otherwise.
 *
 * **Failure.** A test fails when a server, or the front door, reported an error that the test did not take with
 * `events.next("error")` or `events.next("front-error")`. Throws outside vitest.
 *
 * ```ts
 * const test = switchboardTest({ app: ({ hostname }) => express().get("/", (_, res) => void res.send(hostname)) });
 *
 * test("says its name", async ({ fetch, events }) => {
 *   expect(await (await fetch("shop")).text()).toBe("shop");
 *   await events.next("started", "shop");
 * });
 * ```
 */
export function switchboardTest(config: RunConfig = {}): TestAPI<SwitchboardFixtures> {
  if (!("test" in vitest)) {
    const how = "with another test runner use `await using board = await createSwitchboard(config)`";
    throw new Error(`switchboardTest works in a test file that vitest runs; ${how}`, { cause: vitest.reason });
  }
  return vitest.test.extend<SwitchboardFixtures>({
    config,
    async events({ task }, use) {
      await use(createEventLog());
      // vitest keeps the context of every test until the file has ended: with it, all servers that ever were.
      for (const name of HEAVY) Reflect.deleteProperty(task.context, name);
    },
    async switchboard({ config, events, signal, onTestFinished }, use) {
      const late = signal.aborted ? undefined : signal; // it stays aborted when a test is retried after a timeout
      const { basePort = 0, graceMs = GRACE_MS, onEvent } = config;
      const board = await createSwitchboard({ ...config, basePort, graceMs, onEvent: both(events.add, onEvent) });
      if (late?.aborted) {
        await board.close(); // the test timed out meanwhile: vitest will not ask for it
        throw late.reason;
      }
      // Here, not after `use`: what a fixture throws at its end keeps vitest from ending the others.
      onTestFinished(() => throwUntaken(events));
      const { abort, ...client } = trackClient(board);
      await use({ ...board, ...client });
      await abort();
      await board.close();
    },
    pool: ({ switchboard }, use) => use(switchboard.pool),
    fetch: ({ switchboard }, use) => use(switchboard.fetch),
    async ws({ switchboard }, use) {
      const sockets: TestWebSocket[] = [];
      await use(async (...target) => {
        const socket = await openWebSocket(switchboard, ...target);
        sockets.push(socket);
        return socket;
      });
      for (const socket of sockets) {
        void socket.close();
        socket.destroy(); // an app that does not say goodbye is not waited for
      }
    },
  });
}

/** Knows whether a board was dialled, so that what is still under way can be given up without loading a client. */
function trackClient(board: RunningSwitchboard): Pick<RunningSwitchboard, "fetch" | "dispatcher"> & {
  abort(): Promise<void>;
} {
  let dialled = false;
  const dispatcher = () => {
    dialled = true;
    return board.dispatcher();
  };
  return {
    dispatcher,
    fetch(...target) {
      dialled = true;
      return board.fetch(...target);
    },
    async abort() {
      if (!dialled) return;
      const client = await board.dispatcher().catch(noop); // the test has closed its switchboard itself
      await client?.destroy();
    },
  };
}

function both(first: (event: RunEvent) => void, second: RunConfig["onEvent"]): (event: RunEvent) => void {
  return (event) => {
    first(event);
    second?.(event);
  };
}

/** vitest says in the environment that it runs this process; a child process inherits that. */
async function loadVitest(): Promise<{ test: TestAPI } | { reason: unknown }> {
  if (process.env.VITEST === undefined) return { reason: undefined };
  return import("vitest").catch((reason: unknown) => ({ reason }));
}
