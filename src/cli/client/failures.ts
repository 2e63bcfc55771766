import { toError } from "../../base/errors.ts";
import { CommandError, EXIT } from "../exit-codes.ts";
import { drainOf } from "../state-file.ts";
import { printableLines } from "../terminal/printable.ts";
import type { Target } from "./target.ts";

/** Nobody answers at `target`. */
export function unreachable(target: Target, thrown: unknown): CommandError {
  const error = toError(thrown);
  const draining = target.file && drainOf(target.file.state);
  if (draining !== undefined) {
    return new CommandError(EXIT.unreachable, `the switchboard at ${target.url.origin} ${draining}`, { cause: error });
  }
  const { code = "" } = error as NodeJS.ErrnoException;
  const why = REASONS[code] ?? error.message;
  const file = target.file && `; its state file says that it is process ${target.file.state.pid}: switchboard doctor`;
  return new CommandError(EXIT.unreachable, `no switchboard answers at ${target.url.origin}: ${why}${file ?? ""}`, {
    cause: error,
  });
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there",
  ECONNRESET: "it closed the connection",
  ENOTFOUND: "there is no such host",
};

/** Somebody else answers at `target`. */
export function notASwitchboard({ url }: Target): CommandError {
  return new CommandError(
    EXIT.unreachable,
    `what answers at ${url.origin} is no switchboard; name one with --url or --port`,
  );
}

/** What the switchboard refuses, in its own words. */
export function toProblem(status: number, answer: string, target: Target): CommandError {
  const { title = `status ${status}`, detail = title, code, field, url } = parse(answer);
  if (status === 404 && (code === undefined || code === NO_ENDPOINT)) return noApi(target);
  // Most details name the field themselves.
  const said = inOurWords(field === undefined || detail.includes(field) ? detail : `${field}: ${detail}`);
  const error = new CommandError(toExit(status), `${printableLines(said)}${toHint(status, target)}`);
  error.url = url;
  return error;
}

/** Whoever types a command is told which one. */
function inOurWords(said: string): string {
  return WAYS.reduce((text, [path, command]) => text.replace(path, command), said);
}

const WAYS: readonly [string, string][] = [
  ["GET /api/services lists", "switchboard ls lists"],
  ["GET /api/faults lists", "switchboard fault list lists"],
  ["start it first, with getOrCreate or a request", "start it first, with switchboard start or a request"],
];

/** Nothing at all is under that path. */
const NO_ENDPOINT = "NOT_FOUND";

interface ProblemDetails {
  title?: string;
  detail?: string;
  code?: string;
  field?: string;
  url?: string;
}

function parse(answer: string): ProblemDetails {
  try {
    const problem = JSON.parse(answer) as unknown;
    return typeof problem === "object" && problem !== null ? problem : {};
  } catch {
    return {};
  }
}

function toExit(status: number): number {
  if (status === 401 || status === 403) return EXIT.notAllowed;
  return status === 404 ? EXIT.unknownName : EXIT.failed;
}

function toHint(status: number, { token }: Target): string {
  if (status !== 401) return "";
  const way = "in its state file, and in the dashboard line that it prints on a terminal";
  return token === undefined ? `; give --token or SWITCHBOARD_TOKEN: the token is ${way}` : `; the right one is ${way}`;
}

/** The switchboard at `target` does not know what it is asked for. */
export function noApi({ url }: Target): CommandError {
  const what = `the switchboard at ${url.origin} cannot be asked that`;
  return new CommandError(EXIT.failed, `${what}: its control is off, or it is of another version`);
}
