import type { Plugin } from "vite";

/**
 * Whose files are those that are built, as for users. From the sources, each of the hundred threads that the tests start
 * would load a compiler, which takes four times as long (`fixtures/thread-of-sources.ts` has one that does); and a browser
 * would load fifty modules for each dashboard, which takes it twice as long.
 */
const OWNERS = ["server/thread/server-thread", "control/pages"];

/** Lets them find what is next to their built selves. */
export const builtFiles: Plugin = {
  name: "built-files",
  transform(code, id) {
    const owner = OWNERS.find((file) => id.endsWith(`/src/${file}.ts`));
    if (owner === undefined) return undefined;
    const built = new URL(`../../dist/${owner}.js`, import.meta.url).href;
    return code.replaceAll("import.meta.url", JSON.stringify(built));
  },
};
