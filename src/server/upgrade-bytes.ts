import type { IncomingMessage } from "node:http";

/**
 * The bytes that Node took as an upgrade, as they came: field lines keep their order, case and duplicates.
 * A server without `upgrade` listeners treats the same bytes as a usual request.
 */
export function upgradeBytes({ method, url, httpVersion, rawHeaders }: IncomingMessage, head: Buffer): Buffer {
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (let i = 0; i < rawHeaders.length; i += 2) lines.push(`${rawHeaders[i]}: ${rawHeaders[i + 1]}`);
  return Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1"), head]);
}
