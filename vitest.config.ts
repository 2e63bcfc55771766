import { fileURLToPath } from "node:url";
import { defineConfig, type ViteUserConfig } from "vitest/config";
import { builtFiles } from "./test/support/built-files.ts";

const source = (path: string) => fileURLToPath(new URL(`./src/${path}`, import.meta.url));

const config: ViteUserConfig = defineConfig({
  plugins: [builtFiles],
  // Examples and the tutorial import the package by its name, as users do; tsconfig.json has the same paths.
  resolve: {
    alias: {
      "effection-switchboard/resilience": source("resilience/index.ts"),
      "effection-switchboard/testing": source("testing/index.ts"),
      "effection-switchboard": source("index.ts"),
    },
  },
  test: {
    globalSetup: ["test/support/build.ts", "test/support/browser.ts", "test/tutorial/compile.ts"],
    include: ["test/**/*.test.ts", "tutorial/**/*.test.ts"],
    maxWorkers: 4, // two for each core: many tests wait for something
    isolate: false, // a process for each file takes a sixth longer; a test that leaves something fails by itself
    testTimeout: 20_000,
    slowTestThreshold: 250,
  },
});

export default config;
