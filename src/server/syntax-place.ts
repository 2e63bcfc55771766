import { execFile } from "node:child_process";
import { action, type Operation } from "effection";

/** How long to look for it: it is asked for only after a failure, and the failure is told without it. */
const LIMIT_MS = 5_000;

/**
 * What Node does not say of an ES module: where its syntax is wrong, in it or in what it imports by a relative path. They are
 * compiled once more, and not run. Only the same message is the same mistake: one of them may be no ES module.
 */
const LOOK = `
const [path, message] = process.argv.slice(1);
const files = new Set([path]);
for (const file of files) {
  try {
    const { dependencySpecifiers } = new (require("node:vm").SourceTextModule)(require("node:fs").readFileSync(file, "utf8"), { identifier: file });
    for (const name of dependencySpecifiers) {
      if (files.size < 1_000 && /^\\.{1,2}\\/.*\\.m?js$/.test(name)) files.add(require("node:path").resolve(file, "..", name));
    }
  } catch (error) {
    if (error.message === message) throw error; // nobody catches it: only then does Node print the place
  }
}`;

/** Where the syntax of the module at `path`, or of one that it imports, is wrong: `file:line:column`, or the last line of the file, if that can be found. */
export function* findSyntaxError(path: string, error: SyntaxError): Operation<string | undefined> {
  return placeIn(error.stack ?? "") ?? placeIn(yield* compileAgain(path, error.message));
}

function compileAgain(path: string, message: string): Operation<string> {
  return action((resolve) => {
    const args = ["--experimental-vm-modules", "--no-warnings", "--eval", LOOK, path, message];
    const options = { timeout: LIMIT_MS, env: { ...process.env, NODE_OPTIONS: "" } };
    const child = execFile(process.execPath, args, options, (_error, _stdout, stderr) => resolve(stderr));
    return () => void child.kill("SIGKILL");
  }, "the place of a syntax error");
}

/** The place that a stack begins with, above the line of code and the mark below it; the end of a file has no mark. */
function placeIn(stack: string): string | undefined {
  const [, place, mark] = /^((?:file:|\/).*:\d+)\n(?:.*\n( *)\^)?/.exec(stack) ?? [];
  return mark === undefined ? place : `${place}:${mark.length + 1}`;
}
