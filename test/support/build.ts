import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Builds the package once for all tests: the command is tested as users get it, and starts in half the time. Its state
 * files are not with those of whoever runs the tests.
 */
export default function build(): (() => void) | undefined {
  // A page of the tutorial runs vitest: what is built must not go away under the tests around it.
  if (process.env.SWITCHBOARD_IS_BUILT !== undefined) return undefined;
  execFileSync("npm", ["run", "build"], {
    cwd: join(import.meta.dirname, "../.."),
    stdio: ["ignore", "ignore", "inherit"],
  });
  const state = mkdtempSync(join(tmpdir(), "switchboard-test-state-"));
  process.env.XDG_STATE_HOME = state; // the workers have it from here
  process.env.SWITCHBOARD_IS_BUILT = "1";
  return () => rmSync(state, { recursive: true, force: true });
}
