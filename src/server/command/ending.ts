import { statSync } from "node:fs";
import type { Ending, Program } from "./process-group.ts";

/** What the exit codes of a shell mean (POSIX, 2.8.2): it found no such command, or could not run it. */
const SHELL_CODES: Readonly<Record<number, string>> = { 126: " (cannot be run)", 127: " (command not found)" };

/** How a process ended, in words. */
export function describeEnding(ending: Ending, { file, cwd }: Program): string {
  if ("error" in ending) return describeError(ending.error, file, cwd);
  if ("signal" in ending) return `was ended by ${ending.signal}`;
  return `exited with code ${ending.code}${SHELL_CODES[ending.code] ?? ""}`;
}

/** The system says ENOENT and ENOTDIR for a directory as for a file. */
function describeError({ code, message }: NodeJS.ErrnoException, file: string, cwd: string): string {
  if (!isDirectory(cwd)) return `could not be started: there is no directory ${cwd}, which is its cwd`;
  if (code === "ENOENT") return `could not be started: command not found: ${file}`;
  if (code === "EACCES") return `could not be started: ${file} is not executable`;
  return `could not be started: ${message}`;
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
