import type { Operation } from "effection";
import { type Listening, useServer } from "../../resources/server.ts";

/** A server on the first free port from `basePort` upwards: each port is tried by binding it. */
export function* useServerFrom(basePort: number): Operation<Listening> {
  for (let port = basePort; port < 65_536; port += 1) {
    try {
      return yield* useServer(undefined, port);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    }
  }
  throw new Error(`every port from ${basePort} upwards is in use`);
}
