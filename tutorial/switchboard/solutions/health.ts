import type { Operation } from "effection";
import type { Pool } from "../../pool/types.ts";
import type { Listening } from "../../resources/server.ts";
import { useSwitchboard } from "../switchboard.ts";

/** A switchboard that answers `/__health` itself, for every name. */
export function* useHealthySwitchboard(pool: Pool, port = 0): Operation<Listening> {
  const front = yield* useSwitchboard(pool, port);
  const [deliver] = front.server.listeners("request");
  front.server.removeAllListeners("request");
  front.server.on("request", (request, response) => {
    if (request.url === "/__health") response.end(`${pool.list().length} servers are running\n`);
    else Reflect.apply(deliver as (...args: unknown[]) => void, front.server, [request, response]);
  });
  return front;
}
