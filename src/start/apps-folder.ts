import { readdirSync, statSync } from "node:fs";
import { basename, extname, join, resolve } from "node:path";
import { toError } from "../base/errors.ts";
import { toHostname } from "../base/hostname.ts";
import { fail, textOption } from "../base/options.ts";
import type { Environment } from "../server/environment.ts";
import { planThread } from "./app-config.ts";
import type { AppPlan, Apps } from "./app-plan.ts";
import { planScript } from "./package-script.ts";

/** What a module may end in; of several that are there, the first counts. */
const EXTENSIONS = [".ts", ".mts", ".js", ".mjs", ".cjs"];

/** Whoever asks for many names that do not exist does not have every folder looked into each time. */
const LISTED_MS = 1_000;

/** The variables that an app is given. */
export type EnvironmentOf = (hostname: string) => Environment | undefined;

/** The entries of a folder as they are written, by their names in lower case. */
type Entries = ReadonlyMap<string, string>;

/**
 * The apps of a folder. `NAME.ts` is one for NAME; so is the folder `NAME/`, with a `dev` or `start` script in its
 * `package.json`, or else an `index.ts`. A file comes before a folder.
 *
 * A hostname is only ever compared with the names that the folder has: none can lead out of it. A file with one more dot
 * in its name, such as `shop.d.ts` or `shop.test.ts`, is no app.
 */
export function openFolder(path: string, envOf: EnvironmentOf = () => undefined): Apps {
  const folder = resolve(textOption("apps", path));
  let listed: { names: readonly string[]; at: number } | undefined;
  return {
    find: (hostname) => findApp(folder, read(folder), hostname, envOf),
    whyNot: (hostname) => whyNot(folder, read(folder), hostname),
    keyOf: (hostname) => hostname,
    names() {
      const now = performance.now();
      if (listed === undefined || now - listed.at > LISTED_MS) listed = { names: listApps(folder), at: now };
      return listed.names;
    },
  };
}

function listApps(folder: string): string[] {
  const entries = read(folder);
  const names = new Set([...entries.keys()].flatMap(candidates));
  return [...names].filter((name) => findApp(folder, entries, name, () => undefined) !== undefined).sort();
}

/** Throws when there is no such folder: later it may come and go, but at first it is a mistake. */
export function checkFolder(path: string): void {
  if (!isFolder(path)) fail("apps", "the path of a folder that exists", path);
}

function findApp(folder: string, entries: Entries, hostname: string, envOf: EnvironmentOf): AppPlan | undefined {
  const file = hostname.includes(".") ? undefined : findModule(folder, entries, hostname);
  const env = envOf(hostname);
  if (file !== undefined) return planThread(file, [{ path: file, codeOnly: false }], { env });
  const name = entries.get(hostname);
  if (name === undefined || hostname === "node_modules" || !isFolder(join(folder, name))) return undefined;
  const own = join(folder, name);
  const inside = read(own);
  const script = inside.has("package.json") ? planScript(own, env) : undefined;
  if (script !== undefined) return script;
  const index = findModule(own, inside, "index");
  return index === undefined ? undefined : planThread(index, [{ path: own, codeOnly: true }], { env });
}

/** Something that is called like this is there, but is no app. */
function whyNot(folder: string, entries: Entries, hostname: string): string | undefined {
  const name = entries.get(hostname);
  if (name !== undefined && isFolder(join(folder, name))) {
    return `the folder ${name} is there, but has no script dev or start in a package.json, and no index.ts or index.js`;
  }
  const file = hostname.includes(".") ? findModule(folder, entries, hostname) : undefined;
  return file && `the file ${basename(file)} is there, but one with a dot in its name is no app: make it a folder`;
}

function findModule(folder: string, entries: Entries, stem: string): string | undefined {
  for (const extension of EXTENSIONS) {
    const name = entries.get(`${stem}${extension}`);
    if (name !== undefined && stat(join(folder, name))?.isFile()) return join(folder, name);
  }
  return undefined;
}

/** The hostnames that an entry may be the app of. */
function candidates(name: string): string[] {
  const extension = extname(name);
  const stem = name.slice(0, name.length - extension.length);
  const isModule = EXTENSIONS.includes(extension) && !stem.includes(".");
  return [name, ...(isModule ? [stem] : [])].filter((candidate) => toHostname(candidate) === candidate);
}

/** Where names differ in case alone, the one in lower case counts: it sorts last. */
function read(folder: string): Entries {
  try {
    const names = readdirSync(folder).sort();
    return new Map(names.map((name) => [name.toLowerCase(), name]));
  } catch (error) {
    if (isAbsence(error)) return new Map();
    throw toError(error);
  }
}

function isFolder(path: string): boolean {
  return stat(path)?.isDirectory() ?? false;
}

/** What a symbolic link leads to counts; one that leads nowhere is not there. */
function stat(path: string): ReturnType<typeof statSync> | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

function isAbsence(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR");
}
