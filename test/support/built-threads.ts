import type { Plugin } from "vite";

/** What looks for the file of a thread in its own folder. */
const MODULE = "/src/server/thread/server-thread.ts";
const built = new URL("../../dist/index.js", import.meta.url).href;

/**
 * Threads of tests run what is built, as those of users do: from the sources each of the hundred that the tests start
 * would load a compiler, which takes four times as long. `fixtures/thread-of-sources.ts` has one that does.
 */
export const builtThreads: Plugin = {
  name: "built-threads",
  transform: (code, id) =>
    id.endsWith(MODULE) ? code.replaceAll("import.meta.url", JSON.stringify(built)) : undefined,
};
