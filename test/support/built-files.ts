import type { Plugin } from "vite";

/**
 * Whose files are those that are built, as for users. From the sources, each of the hundred threads that the tests start
 * would load a compiler, which takes four times as long (`fixtures/thread-of-sources.ts` has one that does); and a browser
 * would load fifty modules for each dashboard, which takes it twice as long.
 */
const OWNERS = ["/src/server/thread/server-thread.ts", "/src/control/pages.ts"];
const built = new URL("../../dist/index.js", import.meta.url).href;

/** Lets them find what is next to their built selves. */
export const builtFiles: Plugin = {
  name: "built-files",
  transform: (code, id) =>
    OWNERS.some((owner) => id.endsWith(owner)) ? code.replaceAll("import.meta.url", JSON.stringify(built)) : undefined,
};
