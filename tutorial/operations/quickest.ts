// #region runner
import { all, main, type Operation, race, sleep } from "effection";

function* run(name: string, ms: number): Operation<string> {
  let arrived = false;
  try {
    yield* sleep(ms);
    arrived = true;
    return name;
  } finally {
    if (!arrived) console.log(`${name} was stopped on the way`);
  }
}
// #endregion

// #region all-and-race
await main(function* () {
  const everybody = yield* all([run("hare", 10), run("tortoise", 100)]);
  console.log(`all: ${everybody.join(", ")}`);
  const winner = yield* race([run("hare", 10), run("tortoise", 1_000_000)]);
  console.log(`race: ${winner}`);
});
// #endregion
