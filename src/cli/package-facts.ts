import { readFileSync } from "node:fs";

interface Package {
  version: string;
  engines: { node: string };
}

/** What the package says of itself. */
export function readPackage(): Package {
  return JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as Package;
}
