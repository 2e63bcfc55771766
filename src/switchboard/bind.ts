import type { Server } from "node:http";
import type { Operation } from "effection";
import { SwitchboardError } from "../base/errors.ts";
import { type ListenAddress, listen } from "../server/listen.ts";

/**
 * As many as the system allows (listen(2): Linux cuts it to `net.core.somaxconn`, 4096). With the 511 of Node, a thousand
 * clients at once would wait for a second or more, and thousands for several.
 */
const BACKLOG = 65_535;

/** Binds the front door, and returns its port. Throws `LISTEN_FAILED`, with the reason and the way out. */
export function* bind(server: Server, { host, port }: ListenAddress): Operation<number> {
  try {
    return yield* listen(server, { host, port, backlog: BACKLOG });
  } catch (error) {
    throw new SwitchboardError("LISTEN_FAILED", `cannot listen on ${host}:${port}: ${whyNot(error)}`, { cause: error });
  }
}

function whyNot(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  switch (code) {
    case "EADDRINUSE":
      return "the port is in use; stop what uses it, or choose another port (0 for any free one)";
    case "EACCES":
      return "this user may not use the port; choose one above 1023";
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return "the host is no address of this machine; 127.0.0.1 always is";
    default:
      return message;
  }
}
