import { createRequire } from "node:module";

interface Package {
  version: string;
  engines: { node: string };
}

/** What the package says of itself: by its name, because the sources and what is built have different folders. */
export function readPackage(): Package {
  return createRequire(import.meta.url)("effection-switchboard/package.json") as Package;
}
