import { defineConfig, type RolldownOptions } from "rolldown";

/**
 * Builds what runs: a few files instead of one for each module, as each file that Node loads costs every start half a
 * millisecond. What is loaded late, or by a thread, is a file of its own. The types are made by tsc, module by module.
 */
const config: RolldownOptions[] = defineConfig([
  {
    input: {
      cli: "./src/cli.ts",
      index: "./src/index.ts",
      "testing/index": "./src/testing/index.ts",
      "resilience/index": "./src/resilience/index.ts",
      // Whoever starts it looks for it in its own folder: in the sources, and here, where all share one.
      "thread-entry": "./src/server/thread/thread-entry.ts",
    },
    external: (id, _importer, isResolved) => !isResolved && !id.startsWith("."), // what others have made is not copied
    platform: "node",
    output: { chunkFileNames: "[name].js", cleanDir: true },
  },
  {
    // A browser loads the dashboard in half the time. It finds uPlot where the switchboard serves it.
    input: "./src/control/dashboard/main.js",
    external: "./vendor/uPlot.esm.js",
    platform: "browser",
    output: { file: "dist/dashboard/main.js" },
  },
]);

export default config;
