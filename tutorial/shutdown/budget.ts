// #region slow-server
import { all, ensure, main, type Operation, sleep, spawn, suspend, type Task } from "effection";

function* slowServer(): Operation<void> {
  yield* ensure(() => sleep(100)); // what a drain may take
  yield* suspend();
}

function* startThree(): Operation<Task<void>[]> {
  const servers: Task<void>[] = [];
  for (let i = 0; i < 3; i += 1) servers.push(yield* spawn(slowServer));
  yield* sleep(0);
  return servers;
}
// #endregion

// #region main
await main(function* () {
  let start = performance.now();
  for (const server of yield* startThree()) yield* server.halt();
  console.log(`one after the other: ${Math.round(performance.now() - start)} ms`);

  const servers = yield* startThree();
  start = performance.now();
  yield* all(servers.map((server) => server.halt()));
  console.log(`all together: ${Math.round(performance.now() - start)} ms`);
});
// #endregion
