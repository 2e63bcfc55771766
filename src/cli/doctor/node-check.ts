import { readPackage } from "../package-facts.ts";
import type { Check } from "./check.ts";

/** Whether this Node is one that the package is made for. */
export function checkNode(version: string = process.versions.node): Check {
  const wanted = readPackage().engines.node.replace(/^>=/, "");
  const found = { name: "node", detail: `Node ${version}` };
  if (isAtLeast(version, wanted)) return { ...found, status: "ok" };
  return { ...found, status: "fail", advice: `install Node ${wanted} or later` };
}

function isAtLeast(version: string, wanted: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [leastMajor = 0, leastMinor = 0] = wanted.split(".").map(Number);
  return major > leastMajor || (major === leastMajor && minor >= leastMinor);
}
