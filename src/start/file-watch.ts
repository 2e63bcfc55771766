import { existsSync, type FSWatcher, readdirSync, statSync, watch } from "node:fs";
import { basename, dirname, extname, join } from "node:path";
import { toError } from "../base/errors.ts";
import type { Watched } from "./app-plan.ts";

/** What counts as code where an app may write other files. */
const CODE = new Set([".ts", ".mts", ".cts", ".tsx", ".js", ".mjs", ".cjs", ".jsx", ".json"]);

/** A folder with more folders than this is none of somebody's sources. */
const MAX_FOLDERS = 1_000;

/** Who hears of changes. */
export interface FileWatchListener {
  changed(file: string): void;
  /** Something cannot be watched, or not any more; the rest is. */
  failed(error: Error): void;
}

/**
 * Watches files, and folders with all that is in them but `node_modules` and names that begin with a dot.
 *
 * Each folder has a watcher of its own, and a file is watched by its folder: Node's recursive watching on Linux goes
 * through `node_modules` as well, and a watcher of a file loses it when an editor puts a new one in its place.
 *
 * **Lifetime.** From the constructor until `close`. A folder that comes later is a change, and is watched by whoever
 * watches next. **Failure.** Told to `failed`.
 */
export class FileWatch {
  readonly watched: readonly Watched[];
  readonly #listener: FileWatchListener;
  readonly #watchers: FSWatcher[] = [];
  #folders = 0;

  constructor(watched: readonly Watched[], listener: FileWatchListener) {
    this.watched = watched;
    this.#listener = listener;
    for (const { path, codeOnly } of watched) {
      if (isFolder(path)) this.#watchTree(path, codeOnly);
      else this.#watchFolder(dirname(path), (name) => name === basename(path));
    }
  }

  close(): void {
    for (const watcher of this.#watchers.splice(0)) watcher.close();
  }

  #watchTree(folder: string, codeOnly: boolean): void {
    if (this.#folders === MAX_FOLDERS) {
      this.#fail(folder, new Error(`there are more than ${MAX_FOLDERS} folders; name what matters with watch`));
    }
    this.#folders += 1;
    if (this.#folders > MAX_FOLDERS) return;
    const inside = foldersIn(folder);
    const isRelevant = (name: string) => {
      if (isIgnored(name)) return false;
      if (!codeOnly || CODE.has(extname(name))) return true;
      return inside.includes(name) || isFolder(join(folder, name)) || !existsSync(folder);
    };
    this.#watchFolder(folder, isRelevant);
    for (const name of inside) this.#watchTree(join(folder, name), codeOnly);
  }

  #watchFolder(folder: string, isRelevant: (name: string) => boolean): void {
    try {
      const watcher = watch(folder, { persistent: false }, (_event, name) => {
        if (name !== null && isRelevant(name)) this.#listener.changed(join(folder, name));
      });
      this.#watchers.push(watcher);
      watcher.on("error", (error) => this.#fail(folder, error));
    } catch (error) {
      this.#fail(folder, toError(error));
    }
  }

  #fail(folder: string, cause: Error): void {
    this.#listener.failed(new Error(`cannot watch ${folder}: ${cause.message}`, { cause }));
  }
}

function foldersIn(folder: string): string[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory() && !isIgnored(entry.name)).map(({ name }) => name);
  } catch {
    return []; // it is gone: whoever watches it hears of that
  }
}

function isIgnored(name: string): boolean {
  return name === "node_modules" || name.startsWith(".");
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
