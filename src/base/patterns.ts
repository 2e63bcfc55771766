import { inspect } from "node:util";
import { SwitchboardError } from "./errors.ts";
import { toHostname } from "./hostname.ts";

/** Which of its patterns a hostname fits. */
export interface Patterns {
  /** Every pattern as it is compared: lower case, without a trailing dot. */
  readonly all: readonly string[];
  /** The most specific pattern that `hostname` fits: itself, or else the `*.` with the longest rest. */
  find(hostname: string): string | undefined;
  /** Those that whoever fits `pattern` fits as well, the least specific first, `pattern` last. */
  lineOf(pattern: string): string[];
}

/**
 * Makes {@link Patterns}: `shop` fits that name alone, `*.api` every name that ends in `.api`, however many labels
 * stand before it. Throws `INVALID_OPTION` for anything else, and for two patterns that are the same.
 */
export function createPatterns(option: string, texts: readonly string[]): Patterns {
  const all = new Map<string, string>();
  for (const text of texts) {
    const pattern = toPattern(option, text);
    const same = all.get(pattern);
    if (same !== undefined) throw invalid(option, `${inspect(same)} and ${inspect(text)} are the same pattern`);
    all.set(pattern, text);
  }
  const lineOf = (pattern: string) => {
    const line = wildcardsOf(pattern.replace(/^\*\./, "")).filter((wider) => all.has(wider));
    return line.includes(pattern) ? line : [...line, pattern];
  };
  return {
    all: [...all.keys()],
    lineOf,
    find(hostname) {
      if (all.has(hostname)) return hostname;
      return wildcardsOf(hostname).findLast((pattern) => all.has(pattern));
    },
  };
}

/** For `a.b.api`: `*.api`, `*.b.api`; what stands before the first dot has to be something. */
function wildcardsOf(hostname: string): string[] {
  const labels = hostname.split(".");
  return labels.slice(1).map((_label, i) => `*.${labels.slice(labels.length - 1 - i).join(".")}`);
}

function toPattern(option: string, text: string): string {
  const literal = text.startsWith("*.") ? text.slice(2) : text;
  const hostname = toHostname(literal);
  if (hostname !== undefined) return literal === text ? hostname : `*.${hostname}`;
  const rule = 'must be a hostname such as "shop", or "*." and a hostname such as "*.api"';
  const way = text === "*" ? "; what is for every name stands beside hostnames" : "";
  throw invalid(option, `a pattern ${rule}, got ${inspect(text)}${way}`);
}

function invalid(option: string, what: string): SwitchboardError {
  return new SwitchboardError("INVALID_OPTION", `${option}: ${what}`);
}
