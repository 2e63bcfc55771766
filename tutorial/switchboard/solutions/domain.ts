import { toHostname } from "../route.ts";

/** `shop` for `shop.example.test` if the domain is `example.test`; nothing for the domain itself, and for all others. */
export function toHostnameUnder(domain: string, host = ""): string | undefined {
  const hostname = toHostname(host);
  if (hostname === undefined || !hostname.endsWith(`.${domain}`)) return undefined;
  return hostname.slice(0, -domain.length - 1);
}
