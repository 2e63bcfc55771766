import { action, ensure, exit, type Operation, spawn, suspend, withResolvers } from "effection";
import { summarize, toError, withPlace } from "../../base/errors.ts";
import { tell } from "../../base/events.ts";
import { LONGEST_DELAY_MS } from "../../base/options.ts";
import type { RequestRecord } from "../../base/request-record.ts";
import type { EventRecord } from "../../observe/event-record.ts";
import type { Journal } from "../../observe/journal.ts";
import { loadDefault, toFactory } from "../../server/module.ts";
import { resolveApps } from "../../start/apps.ts";
import type { RunConfig, RunEvent } from "../../start/run-config.ts";
import { type RunningBoard, useRunningSwitchboard } from "../../start.ts";
import { domainToTell } from "../../switchboard/hostname.ts";
import { toOwnDashboard, toUrl } from "../client/target.ts";
import { flushed } from "../terminal/flush.ts";
import { DEFAULTS, type ServeArguments } from "./arguments.ts";
import { loadConfig } from "./config-file.ts";
import type { Shown } from "./human-output.ts";
import type { OutputEvent } from "./output-event.ts";
import { nameHolder } from "./port-holder.ts";
import { Printer } from "./printer.ts";
import { useSignals } from "./signals.ts";
import { useStateFile } from "./use-state-file.ts";

/** What an app's own cleanup may take after the grace period, until the process ends all the same. */
const CLEANUP_MS = 5_000;

/** The grace period, unless an option or the config file says otherwise. */
const GRACE_MS = 10_000;

/** What a config file or the module of an app may take to load, unless `--start-timeout` says otherwise. */
const LOAD_MS = 10_000;

/** What a reader of the output may take for what is printed last. */
const FLUSH_MS = 2_000;

/** Serves until a signal comes. */
export function* serve({ log, module, given, configFile }: ServeArguments): Operation<void> {
  let config: RunConfig = { ...DEFAULTS, ...given };
  let board: RunningBoard | undefined;
  const printer = new Printer(process.stdout, log, () => ({
    ...show(module, config),
    dashboard: showDashboard(board),
  }));
  const print = (event: OutputEvent) => printer.print(event);
  const ended = withResolvers<number>();
  const endsWithinMs = () => Math.min((config.graceMs ?? GRACE_MS) + CLEANUP_MS, LONGEST_DELAY_MS);
  yield* ensure(() => flushed(process.stdout, FLUSH_MS));
  yield* useSignals({
    limitMs: endsWithinMs,
    first: ended.resolve,
    forced: (why) => process.stderr.write(`switchboard: ${why}; ending at once\n`),
  });
  yield* useProcessErrors((error) => {
    print({ type: "uncaught", error, message: error.message });
    board?.observation?.events.add(toRecord(error));
  });
  // A task of its own, because a signal may come while a file loads.
  yield* spawn(function* () {
    yield* exit(yield* ended.operation);
  });
  const limitMs = given.startTimeoutMs ?? LOAD_MS;
  const { app, apps, onEvent, ...others } = yield* loadConfig(configFile, limitMs);
  const isChosen = module !== undefined || given.apps !== undefined;
  config = { ...DEFAULTS, ...others, ...(isChosen ? {} : { app, apps }), ...given };
  if (module !== undefined) config.app = yield* loadDefault(module, toFactory, limitMs);
  const state = yield* useStateFile();
  yield* ensure(() => printer.close());
  board = yield* open({
    ...config,
    onEvent(event) {
      if (event.type === "draining") state.drain(endsWithinMs());
      print(event);
      if (onEvent !== undefined) tell(onEvent, event);
    },
  });
  state.write({ url: board.url, port: board.port, token: board.control?.token });
  if (printer.withRequests && board.observation) yield* printRequests(printer, board.observation.requests);
  printer.open();
  yield* suspend();
}

/** Whoever cannot listen is told who does. */
function* open(config: RunConfig): Operation<RunningBoard> {
  try {
    return yield* useRunningSwitchboard(config);
  } catch (error) {
    throw nameHolder(error, config.host ?? "127.0.0.1", config.port ?? 0);
  }
}

/** Prints requests as they finish, as many at once as there are. The last ones are printed with the events of the end. */
function* printRequests(printer: Printer, journal: Journal<RequestRecord>): Operation<void> {
  const requests = printer.watch(journal);
  yield* spawn(function* () {
    for (;;) {
      yield* action<void>((resolve) => {
        requests.whenReady(() => setImmediate(resolve));
        return () => {};
      });
      printer.printRequests();
    }
  });
}

/** What the start-up block says of the apps. */
function show(module: string | undefined, { app, apps, domains }: RunConfig): Shown {
  const names = apps === undefined ? [] : resolveApps(apps).names();
  const from = typeof apps === "string" ? apps : `${names.length} in the config file`;
  return {
    app: apps === undefined ? (module ?? (app && "that of the config file")) : from,
    hostname: apps === undefined ? "hello" : names[0]?.replace("*", "hello"),
    domain: domainToTell(domains),
  };
}

function showDashboard(board: RunningBoard | undefined): Shown["dashboard"] {
  if (board?.control === undefined || !URL.canParse(board.url)) return undefined; // an address may have a zone
  const url = toOwnDashboard(toUrl(board.url));
  return url === undefined ? undefined : { url, token: board.control.token };
}

/** Whose error it is, only its place can tell: it is kept as one of the switchboard as a whole. */
function toRecord(error: Error): EventRecord<RunEvent> {
  const message = `an app did not catch: ${withPlace(error)}`;
  const event = { type: "front-error", hostname: undefined, error: summarize(error), message } as const;
  return { seq: 0, time: Date.now(), event };
}

/** An app on this event loop must not end the process with what it throws from a timer, or leaves uncaught in a promise. */
function* useProcessErrors(caught: (error: Error) => void): Operation<void> {
  const onUncaught = (thrown: unknown) => caught(toError(thrown));
  const onOutputError = () => {}; // a reader that went away, such as head: nothing is printed any more
  process.on("uncaughtException", onUncaught);
  process.on("unhandledRejection", onUncaught);
  process.stdout.on("error", onOutputError);
  yield* ensure(() => {
    process.off("uncaughtException", onUncaught);
    process.off("unhandledRejection", onUncaught);
    process.stdout.off("error", onOutputError);
  });
}
