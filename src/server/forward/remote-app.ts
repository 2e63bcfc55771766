import { OutsideApp } from "../outside-app.ts";
import { resolveTarget } from "./forward-target.ts";

/**
 * A server that somebody else runs, such as `http://10.0.0.5:3000`: requests are forwarded there.
 *
 * **Lifetime.** As {@link OutsideApp}; nothing is started, and nothing is stopped but connections to it.
 *
 * **Failure.** A URL with a path, query or user, or of another scheme, throws `INVALID_OPTION`. That it cannot be
 * reached is 502 for each request.
 *
 * ```ts
 * const pool = yield* useServerPool({ app: () => remoteApp("http://10.0.0.5:3000") });
 * ```
 */
export function remoteApp(origin: string): OutsideApp {
  const target = { origin };
  resolveTarget(target);
  return new OutsideApp("remote", function* () {
    return { target };
  });
}
