import { all, type Operation } from "effection";
import { CommandError, EXIT, UsageError } from "../exit-codes.ts";
import type { ParsedOptions } from "../parsed-options.ts";
import { isAlive, listStates, type State, type StateFile, stateFolder } from "../state-file.ts";
import { isAnswered } from "./answers.ts";
import { type Target, toTarget, toUrl } from "./target.ts";

/**
 * The switchboard that is meant: the one at `--url`, on `--port`, or at `SWITCHBOARD_URL`; or else the only one whose
 * state file is there. Throws a {@link CommandError} that lists them when there are several.
 */
export function* findTarget(options: ParsedOptions): Operation<Target> {
  const { env } = process;
  const files = listStates();
  const port = options.number("port", 65_535, 1);
  const address = options.text("url") ?? (port === undefined ? env.SWITCHBOARD_URL || undefined : undefined);
  if (options.text("url") !== undefined && port !== undefined) {
    throw new UsageError("only one of --url and --port can be given");
  }
  // With an address beside it, that in the environment is the one for there, and for nobody else.
  const isForThere = Boolean(env.SWITCHBOARD_URL) && (port !== undefined || options.text("url") !== undefined);
  const token = options.text("token") || (isForThere ? undefined : env.SWITCHBOARD_TOKEN);
  if (address !== undefined) {
    const url = toUrl(address);
    const file = files.find(({ state }) => isAlive(state) && toUrl(state.url).origin === url.origin);
    return toTarget(url, token || file?.state.token, file);
  }
  const onPort = files.filter(({ state }) => state.port === port);
  const isUnclear = port === undefined || onPort.length > 1;
  const file = isUnclear ? yield* findOnly(port === undefined ? files : onPort) : onPort[0];
  // Another user's, or one in a container: it can be read without a token.
  if (file === undefined) return toTarget(toUrl(`http://127.0.0.1:${port}`), token);
  return toTarget(toUrl(file.state.url), token || file.state.token, file);
}

/** The only switchboard that runs. */
function* findOnly(files: readonly StateFile[]): Operation<StateFile> {
  let running = files.filter(({ state }) => isAlive(state));
  // Of several, one may have been left behind by a process whose number is another one's by now.
  if (running.length > 1) {
    const answered = yield* all(running.map((file) => isAnswered(file)));
    running = running.filter((_file, index) => answered[index]);
  }
  const [only, another] = running;
  if (only === undefined) throw new CommandError(EXIT.unreachable, noneRuns(files));
  if (another === undefined) return only;
  const list = running.map(
    ({ state }) => `${toOption(state, running)} (process ${state.pid}, since ${state.startedAt})`,
  );
  throw new UsageError(`${running.length} switchboards run; say which one: ${list.join(", ")}`);
}

/** What names this one alone. */
function toOption({ port, url }: State, all: readonly StateFile[]): string {
  return all.filter(({ state }) => state.port === port).length > 1 ? `--url ${url}` : `--port ${port}`;
}

function noneRuns(files: readonly StateFile[]): string {
  const stale = files.map(({ state }) => `the one on port ${state.port} has ended without a word`);
  const found = stale.length === 0 ? `no state file in ${stateFolder()}` : `${stale.join(", ")}: switchboard doctor`;
  return `no switchboard runs (${found}); start one with switchboard, or name one with --url or --port`;
}
