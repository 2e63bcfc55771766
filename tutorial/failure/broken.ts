// #region try
import { main, type Operation, scoped, spawn } from "effection";

function* fail(): Operation<void> {
  throw new Error("the task failed");
}

function* tryAroundTask(): Operation<void> {
  const task = yield* spawn(fail);
  try {
    yield* task;
  } catch (error) {
    console.log(`caught: ${(error as Error).message}`);
  }
  console.log("and on we go");
}
// #endregion

// #region scoped
function* tryAroundScope(): Operation<void> {
  try {
    yield* scoped(function* () {
      yield* yield* spawn(fail);
    });
  } catch (error) {
    console.log(`caught: ${(error as Error).message}`);
  }
  console.log("and on we go");
}
// #endregion

// #region main
await main(function* () {
  for (const attempt of [tryAroundTask, tryAroundScope]) {
    console.log(`${attempt.name}:`);
    try {
      yield* scoped(attempt);
    } catch (error) {
      console.log(`its owner failed: ${(error as Error).message}`);
    }
  }
});
// #endregion
