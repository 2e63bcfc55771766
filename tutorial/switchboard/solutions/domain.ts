import { toHostname } from "../route.ts";

/** `shop` for `shop.example.test:8000` if the domain is `example.test`; nothing for the domain itself, and for all others. */
export function toHostnameUnder(domain: string, host = ""): string | undefined {
  const name = host.toLowerCase().replace(/:\d+$/, "");
  const end = `.${domain.toLowerCase()}`;
  return name.endsWith(end) ? toHostname(`${name.slice(0, -end.length)}.localhost`) : undefined;
}
