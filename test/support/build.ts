import { execFileSync } from "node:child_process";
import { join } from "node:path";

/** Builds the package once for all tests: the command is tested as users get it, and starts in half the time. */
export default function build(): void {
  execFileSync("npm", ["run", "build"], {
    cwd: join(import.meta.dirname, "../.."),
    stdio: ["ignore", "ignore", "inherit"],
  });
}
