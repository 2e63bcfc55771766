// #region send
import { main, type Operation, until } from "effection";
import { createCircuitBreaker, createRateLimiter, useWorkerPool } from "effection-switchboard/resilience";
import { withDeadline } from "../operations/solutions/deadline.ts";
import { post, useGateway } from "./gateway.ts";

const limiter = createRateLimiter({ limit: 2, windowMs: 60_000 });
const breaker = createCircuitBreaker({ name: "mail", failureThreshold: 2 });

/** Sends a message. What costs least says no first. */
function* send(url: string, user: string): Operation<string> {
  const { allowed, retryAfterMs } = limiter.consume(user);
  if (!allowed) throw new Error(`${user} has to wait for ${Math.ceil(retryAfterMs / 1_000)} s`);
  yield* breaker.execute(() => withDeadline(5_000, () => post(url, `hello from ${user}`)));
  return `a message from ${user} was sent`;
}
// #endregion

// #region main
await main(function* () {
  const gateway = yield* useGateway();
  const pool = yield* useWorkerPool({ workers: 2 });

  function* sendAll(...users: string[]): Operation<void> {
    const jobs = users.map((user) => pool.submit(() => send(`${gateway.url}/mail`, user)));
    const ends = yield* until(Promise.allSettled(jobs));
    for (const end of ends) console.log(end.status === "fulfilled" ? end.value : end.reason.message);
  }

  yield* sendAll("ann", "ann", "ann", "bob");
  gateway.set("/mail", "broken");
  console.log("the gateway breaks");
  yield* sendAll("bob", "cem");
  yield* sendAll("dan", "eve");
});
// #endregion
