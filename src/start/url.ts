import { checkHostname } from "../base/hostname.ts";
import { fail } from "../base/options.ts";

/** The URL of a path at a hostname. What does not begin like a path would be read as part of the host. */
export function toUrl({ hostname, domain, port, path }: Target): string {
  if (typeof path !== "string" || !/^(?:$|[/?#])/.test(path)) fail("path", 'text that begins with "/"', path);
  return `http://${checkHostname(hostname)}.${domain}:${port}${path}`;
}

interface Target {
  hostname: string;
  domain: string;
  port: number;
  path: string;
}
