import { existsSync, statSync } from "node:fs";
import { extname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { type Operation, race, sleep, until } from "effection";
import { SwitchboardError, toError, whereThrown } from "../base/errors.ts";
import { type AppFactory, toAppFactory } from "./app.ts";
import { findSyntaxError } from "./syntax-place.ts";

/**
 * Loads a JS or TS file for a start, and returns the app factory that its default export stands for. The caller sets the
 * deadline. Where it is told that a start has failed there is little room: the reason comes first.
 */
export function loadApp(file: string): Operation<AppFactory> {
  const saysWhere = (why: string) => why.includes(file) || /:\d+\)$/.test(why);
  return load(file, { check: toFactory, say: (why) => (saysWhere(why) ? why : `${why} (${file})`) });
}

/** The app factory that the default export of a module stands for. */
export function toFactory(exported: unknown): AppFactory {
  return toAppFactory("its default export", exported);
}

/** Loads a JS or TS file within `limitMs`, and returns what `check` makes of its default export. */
export function loadDefault<T>(file: string, check: (exported: unknown) => T, limitMs: number): Operation<T> {
  return load(file, { check, limitMs, say: (why) => `cannot load ${file}: ${why}` });
}

/** What a compiler says of a file that its package makes a CommonJS module. */
const NEEDS_MODULE = /Top-level await .*"cjs"/;
const BE_MODULE = '; call the file .mts, or have "type": "module" in the package.json above it';

interface LoadSettings<T> {
  check(exported: unknown): T;
  say(why: string): string;
  limitMs?: number;
}

function* load<T>(file: string, { check, say, limitMs }: LoadSettings<T>): Operation<T> {
  const path = resolve(file);
  const failed = (why: string, cause?: unknown) => new SwitchboardError("MODULE_FAILED", say(why), { cause });
  if (!existsSync(path)) throw failed(`there is no file ${path}`);
  if (statSync(path).isDirectory())
    throw failed("it is a folder, and no file; a folder of apps is given as --apps, or apps");
  let loaded: unknown;
  try {
    const loading = until(importFile(path));
    loaded = yield* limitMs === undefined ? loading : race([loading, late(limitMs)]);
  } catch (error) {
    throw failed(yield* describe(path, error), error);
  }
  try {
    return check(toDefaultExport(loaded));
  } catch (error) {
    throw failed(toError(error).message, error);
  }
}

/** On one line, because clients are told the first one. A compiler's message of several lines names the place itself. */
function* describe(path: string, error: unknown): Operation<string> {
  const { message } = toError(error);
  const lines = message.split(/\s*\n\s*/);
  if (lines.length > 1) return `${lines.join(" ")}${NEEDS_MODULE.test(message) ? BE_MODULE : ""}`;
  const place = whereThrown(error);
  if (!(error instanceof SyntaxError) || place !== "") return `${message}${place}`;
  const found = yield* findSyntaxError(path, error);
  return `${message}${found === undefined ? ", in this file or in one that it imports" : ` (${found})`}`;
}

async function importFile(path: string): Promise<unknown> {
  if (/^\.[cm]?tsx?$/.test(extname(path))) await readTypeScript();
  return import(pathToFileURL(path).href);
}

/** Lets Node read TypeScript, in packages of either kind; loaded only when there is some to read. */
async function readTypeScript(): Promise<void> {
  (await import("tsx/cjs/api")).register(); // first: in a CommonJS package the other one ends here
  (await import("tsx/esm/api")).register();
}

/** A CommonJS module that was compiled from ESM has its default export one level deeper. */
function toDefaultExport(loaded: unknown): unknown {
  const { default: exported } = loaded as { default?: unknown };
  const compiled = typeof exported === "object" && exported !== null && "__esModule" in exported;
  return compiled ? (exported as { default?: unknown }).default : exported;
}

function* late(limitMs: number): Operation<never> {
  yield* sleep(limitMs);
  throw new Error(`it has not loaded within ${limitMs} ms`);
}
