import { SwitchboardError } from "./errors.ts";

/** DNS: a name has at most 253 characters, a label at most 63 (RFC 1035 section 2.3.4, RFC 1123 section 2.1). */
const MAX_NAME = 253;
const NAME = /^[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*$/;

/** What a hostname is, for messages. */
export const HOSTNAME_RULE = 'at most 253 characters of letters, digits, "-", "_" and dots, labels of 1 to 63';

/**
 * The normalised routing name for `name`: lower case, without one trailing dot. `undefined` when it is no
 * hostname: longer than 253 characters, a label that is empty or longer than 63, or a character other than
 * letters, digits, `-`, `_` and dots.
 */
export function toHostname(name: string): string | undefined {
  const lower = name.toLowerCase();
  const hostname = lower.endsWith(".") ? lower.slice(0, -1) : lower;
  return hostname.length <= MAX_NAME && NAME.test(hostname) ? hostname : undefined;
}

/** {@link toHostname}, which throws `INVALID_HOSTNAME` for a name that is none. */
export function checkHostname(name: string): string {
  const hostname = typeof name === "string" ? toHostname(name) : undefined;
  if (hostname !== undefined) return hostname;
  throw new SwitchboardError("INVALID_HOSTNAME", `${JSON.stringify(name)} is no hostname: ${HOSTNAME_RULE}`);
}
