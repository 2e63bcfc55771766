import type { RunConfig } from "./run-config.ts";
import { resolveRun } from "./run-settings.ts";

/**
 * The options of a `switchboard.config.ts`: it gives back what it gets, for its types and its checks.
 *
 * **Lifetime.** A passive value: nothing is started. The command reads it once; paths are taken from the folder
 * of the file.
 *
 * **Failure.** Throws `INVALID_OPTION` at the call for a wrong or unknown option.
 *
 * ```ts
 * // switchboard.config.ts
 * import { defineSwitchboard } from "effection-switchboard";
 *
 * export default defineSwitchboard({
 *   apps: {
 *     shop: { module: "./shop.ts" },
 *     blog: { command: "npm run dev", cwd: "../blog", startTimeoutMs: 120_000 },
 *     "*.docs": { url: "http://127.0.0.1:4000" },
 *   },
 * });
 * ```
 */
export function defineSwitchboard(config: RunConfig): RunConfig {
  resolveRun("defineSwitchboard", config);
  return config;
}
