import type { Answer } from "../../support/raw.ts";

/** What a server of the board was given. */
export interface Seen {
  hostname: string;
  method: string;
  url: string;
  httpVersion: string;
  rawHeaders: string[];
  rawTrailers: string[];
  body: string;
}

/**
 * Bytes in one packet, or each in its own; waiting until so many answers have come or requests have reached a server;
 * saying that nothing more will be sent; or leaving.
 */
export type Step =
  | string
  | Buffer
  | { bytes: string }
  | { answers: number }
  | { seen: number }
  | "end"
  | "close"
  | "reset";

/**
 * Raw bytes, and what they must lead to.
 *
 * `{a}` to `{d}`, `{w}`, `{x}` stand for hostnames that are this case's own: a plain request listener, one with an
 * `upgrade` listener, and an Express app.
 */
export interface Case {
  name: string;
  /** Latin-1 text is sent byte for byte. Every step is a packet of its own. */
  send: Step | Step[];
  /** The answers in order: statuses, each with a part of the body where that matters. */
  answers: (number | [status: number, part: string])[];
  /**
   * What becomes of the connection after the answers: the server closes it; it serves another request; it carries
   * bytes of an upgraded protocol; or the client has left.
   */
  end: "closed" | "open" | "upgraded" | "left";
  /** What else comes after the answers, as part of an upgraded protocol. */
  echo?: string;
  /** What reached a server, in order: `"{a} GET /path"`, with ` <body>` when there is one, `UPGRADE` for an upgrade. */
  saw: string[];
  /** Hostnames that are started although nothing reaches them. */
  starts?: string[];
  check?: (seen: Seen[], answers: Answer[]) => void;
}

type Extra = Partial<Omit<Case, "name" | "send">>;

/** A case in which nothing reaches a server and the connection closes. */
export function refused(name: string, send: Step | Step[], status = 400, extra: Extra = {}): Case {
  return { name, send, answers: [status], end: "closed", saw: [], ...extra };
}

/** A case that is answered with 200, after which the connection stays open. */
export function served(name: string, send: Step | Step[], saw: string | string[], extra: Extra = {}): Case {
  const list = typeof saw === "string" ? [saw] : saw;
  return { name, send, answers: list.map(() => 200), end: "open", saw: list, ...extra };
}

/** Lines of a head, with the line ends and the empty line. */
export function head(...lines: string[]): string {
  return `${lines.join("\r\n")}\r\n\r\n`;
}

/** A usual GET request. */
export function get(host: string, path = "/", ...fields: string[]): string {
  return head(`GET ${path} HTTP/1.1`, `Host: ${host}`, ...fields);
}

/** A POST request with the fields given, and whatever follows its head. */
export function post(host: string, fields: string[], body = "", version = "1.1"): string {
  return head(`POST / HTTP/${version}`, `Host: ${host}`, ...fields) + body;
}

/** The values of a field of a request, as they came. */
export function fieldOf({ rawHeaders }: Seen, field: string): string[] {
  return rawHeaders.filter((_, i) => i % 2 === 1 && rawHeaders[i - 1]?.toLowerCase() === field);
}
