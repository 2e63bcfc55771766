import { inspect } from "node:util";
import { fail } from "./options.ts";
import { createPatterns } from "./patterns.ts";

/** What counts for each hostname. */
export interface ByHostname<S> {
  of(hostname: string): S;
  /** Everything that can count for some hostname. */
  readonly all: readonly S[];
}

/**
 * Checks the option `hostnames`, and puts each pattern's options over those of the wider ones, and those over
 * `defaults`. All of it is done here, for each pattern once: to know what counts for a name is a look for its pattern,
 * and nothing is kept for it. `overlay` checks one pattern's options, which stand at `at`.
 */
export function resolveByHostname<C extends object, S>(
  hostnames: Readonly<Record<string, C>>,
  defaults: S,
  overlay: (at: string, config: C, base: S) => S,
): ByHostname<S> {
  if (typeof hostnames !== "object" || hostnames === null || Array.isArray(hostnames)) {
    fail("hostnames", "an object with a pattern for each key", hostnames);
  }
  const texts = Object.keys(hostnames);
  const patterns = createPatterns("hostnames", texts);
  const settings = new Map<string, S>();
  const resolve = (pattern: string): S => {
    const known = settings.get(pattern);
    if (known !== undefined) return known;
    const wider = patterns.lineOf(pattern).at(-2);
    const text = texts[patterns.all.indexOf(pattern)] as string;
    const base = wider === undefined ? defaults : resolve(wider);
    const resolved = overlay(`hostnames[${inspect(text)}]`, hostnames[text] as C, base);
    settings.set(pattern, resolved);
    return resolved;
  };
  for (const pattern of patterns.all) resolve(pattern);
  return {
    of: (hostname) => settings.get(patterns.find(hostname) ?? "") ?? defaults,
    all: [defaults, ...settings.values()],
  };
}
