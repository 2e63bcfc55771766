import { CommandError, EXIT, UsageError } from "../exit-codes.ts";
import type { ParsedOptions } from "../parsed-options.ts";
import { isAlive, listStates, type StateFile, stateFolder } from "../state-file.ts";

/** Where a switchboard is, and how to be let in. */
export interface Target {
  /** What to dial, and below which path: it ends in a slash. */
  url: URL;
  /** What to say in `Host`; on this machine the name that is the switchboard's own. */
  host: string;
  token: string | undefined;
  /** Its state file, if it was found through one. */
  file: StateFile | undefined;
}

/**
 * The switchboard that is meant: the one at `--url`, on `--port`, or at `SWITCHBOARD_URL`; or else the only one whose
 * state file is there. Throws a {@link CommandError} that lists them when there are several.
 */
export function findTarget(options: ParsedOptions, env: NodeJS.ProcessEnv = process.env): Target {
  const files = listStates();
  const port = options.number("port", 65_535, 1);
  const address = options.text("url") ?? (port === undefined ? env.SWITCHBOARD_URL || undefined : undefined);
  if (options.text("url") !== undefined && port !== undefined) {
    throw new UsageError("only one of --url and --port can be given");
  }
  const token = options.text("token");
  if (address !== undefined) {
    const target = toTarget(toUrl(address), token ?? env.SWITCHBOARD_TOKEN);
    const file = files.find(
      ({ state }) => isAlive(state) && toTarget(toUrl(state.url)).url.origin === target.url.origin,
    );
    return { ...target, token: target.token ?? file?.state.token, file };
  }
  const file = port === undefined ? findOnly(files) : files.find(({ state }) => state.port === port);
  // Another user's, or one in a container: it can be read without a token.
  if (file === undefined) return toTarget(toUrl(`http://127.0.0.1:${port}`), token ?? env.SWITCHBOARD_TOKEN);
  return toTarget(toUrl(file.state.url), token ?? file.state.token ?? env.SWITCHBOARD_TOKEN, file);
}

/** The only switchboard that runs. */
function findOnly(files: readonly StateFile[]): StateFile {
  const running = files.filter(({ state }) => isAlive(state));
  const [only, another] = running;
  if (only === undefined) throw new CommandError(EXIT.unreachable, noneRuns(files));
  if (another === undefined) return only;
  const list = running.map(({ state }) => `--port ${state.port} (process ${state.pid}, since ${state.startedAt})`);
  throw new UsageError(`${running.length} switchboards run; say which one: ${list.join(", ")}`);
}

function noneRuns(files: readonly StateFile[]): string {
  const stale = files.map(({ state }) => `the one on port ${state.port} has ended without a word`);
  const found = stale.length === 0 ? `no state file in ${stateFolder()}` : `${stale.join(", ")}: switchboard doctor`;
  return `no switchboard runs (${found}); start one with switchboard, or name one with --url or --port`;
}

function toUrl(address: string): URL {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username !== "" || url.password !== "") {
    throw new UsageError(`--url must be an address such as http://127.0.0.1:8000, got ${JSON.stringify(address)}`);
  }
  url.search = "";
  url.hash = "";
  if (!url.pathname.endsWith("/")) url.pathname += "/";
  return url;
}

function toTarget(url: URL, token?: string, file?: StateFile): Target {
  const { hostname } = url;
  if (!isThisMachine(hostname)) return { url, host: url.host, token: token || undefined, file };
  const dialled = new URL(url);
  // Not every resolver knows the names below localhost, and 0.0.0.0 is no address to dial.
  if (!/^\[|^127\./.test(hostname)) dialled.hostname = "127.0.0.1";
  if (hostname === "[::]") dialled.hostname = "[::1]";
  return { url: dialled, host: `switchboard.localhost:${url.port || 80}`, token: token || undefined, file };
}

function isThisMachine(hostname: string): boolean {
  return /^(?:127\.\d+\.\d+\.\d+|0\.0\.0\.0|\[::1?\]|(?:.+\.)?localhost)$/.test(hostname);
}
