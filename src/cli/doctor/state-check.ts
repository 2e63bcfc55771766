import { rmSync, statSync } from "node:fs";
import type { Operation } from "effection";
import { isAnswered } from "../client/answers.ts";
import { drainOf, isAlive, listStates, type StateFile, stateFolder } from "../state-file.ts";
import type { Check } from "./check.ts";

/** Whether each state file stands for a switchboard that runs. With `fix`, those that do not are removed. */
export function* checkStates(fix: boolean): Operation<Check[]> {
  const files = listStates();
  if (files.length === 0) return [{ name: "state files", status: "ok", detail: `none in ${stateFolder()}` }];
  const checks: Check[] = [];
  for (const file of files) checks.push(yield* checkState(file, fix));
  return checks;
}

function* checkState({ path, state }: StateFile, fix: boolean): Operation<Check> {
  const name = `state ${state.port}`;
  const draining = drainOf(state);
  if (draining !== undefined) return { name, status: "ok", detail: `the switchboard at ${state.url} ${draining}` };
  const answers = yield* isAnswered({ path, state });
  if (isAlive(state) && answers) {
    const mode = statSync(path).mode & 0o777;
    if ((mode & 0o077) === 0) return { name, status: "ok", detail: `process ${state.pid} answers at ${state.url}` };
    return { name, status: "warn", detail: `others can read the token in ${path}`, advice: `chmod 600 ${path}` };
  }
  // Alive and silent may be a switchboard that is too busy; gone and answered, one in a container that shares the folder.
  if (answers) return { name, status: "ok", detail: `${state.url} is answered by another process than ${state.pid}` };
  const what = isAlive(state)
    ? `process ${state.pid} runs, but nothing answers`
    : `process ${state.pid} has ended, nothing answers`;
  const detail = `stale: ${what} at ${state.url}`;
  if (!fix) return { name, status: "warn", detail, advice: `switchboard doctor --fix removes ${path}` };
  rmSync(path, { force: true });
  return { name, status: "ok", detail: `${detail}; removed` };
}
