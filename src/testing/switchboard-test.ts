// biome-ignore lint/suspicious/noTsIgnore: where vitest is installed there is nothing to expect
/** @ts-ignore optional: users of other test runners have no vitest */
import type { TestAPI } from "vitest";
import { toError } from "../base/errors.ts";
import { noop } from "../base/operations.ts";
import type { ServerPool } from "../pool/server-pool-contract.ts";
import type { RunConfig, RunEvent } from "../start/run-config.ts";
import { createSwitchboard, type RunningSwitchboard } from "../start.ts";
import { createClient } from "./client.ts";
import { addLine, closeWithin, describeBusy } from "./ending.ts";
import { createEventLog, type EventLog } from "./event-log.ts";
import { openSocket } from "./open-socket.ts";
import type { TestWebSocket, WebSocketOptions } from "./test-web-socket.ts";
import { throwUntaken } from "./untaken.ts";

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

/** How long the cleanup of apps may take after that: one that hangs must not hang the whole run. */
const CLEANUP_MS = 3_000;

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
 * `events.next("error")` or `events.next("front-error")`, when `onEvent` threw, and when the cleanup of an app takes
 * longer than `graceMs` and 3 s. A test that times out says which servers were busy. Throws outside vitest.
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
    async switchboard({ config, events, task, signal, onTestFinished }, use) {
      const late = signal.aborted ? undefined : signal; // it stays aborted when a test is retried after a timeout
      const { basePort = 0, graceMs = GRACE_MS } = config;
      const faults: Error[] = [];
      const fault = (error: unknown) => void faults.push(toError(error));
      const onEvent = both(events.add, config.onEvent, fault);
      const board = await createSwitchboard({ ...config, basePort, graceMs, onEvent });
      const close = () => closeWithin(graceMs + CLEANUP_MS, board).catch(fault);
      if (late?.aborted) {
        await close(); // the test timed out meanwhile: vitest will not ask for it
        throw late.reason;
      }
      // Here, not after `use`: what a fixture throws at its end keeps vitest from ending the others.
      onTestFinished(() => throwUntaken(events));
      onTestFinished(() => {
        for (const fault of faults) throw fault;
      });
      const { abort, ...client } = createClient(board);
      await use({ ...board, ...client });
      const [timeout] = (late?.aborted && task.result?.errors) || [];
      if (timeout !== undefined) addLine(timeout, describeBusy(board.pool));
      await abort();
      await close();
    },
    pool: ({ switchboard }, use) => use(switchboard.pool),
    fetch: ({ switchboard }, use) => use(switchboard.fetch),
    async ws({ switchboard }, use) {
      const sockets: Promise<TestWebSocket>[] = [];
      const open: SwitchboardFixtures["ws"] = (hostname, path, options) => {
        const socket = openSocket({ board: switchboard, hostname, path, options, asked: open });
        sockets.push(socket);
        return socket;
      };
      await use(open);
      for (const socket of sockets) void socket.then(cut, noop);
    },
  });
}

/** An app that does not say goodbye is not waited for. */
function cut(socket: TestWebSocket): void {
  void socket.close();
  socket.destroy();
}

function both(
  first: (event: RunEvent) => void,
  second: RunConfig["onEvent"],
  fault: (error: unknown) => void,
): (event: RunEvent) => void {
  return (event) => {
    first(event);
    try {
      second?.(event);
    } catch (error) {
      fault(error);
    }
  };
}

/** vitest says in the environment that it runs this process; a child process inherits that. */
async function loadVitest(): Promise<{ test: TestAPI } | { reason: unknown }> {
  if (process.env.VITEST === undefined) return { reason: undefined };
  return import("vitest").catch((reason: unknown) => ({ reason }));
}
