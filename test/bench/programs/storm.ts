/** A switchboard in one process. Servers of names that begin with `bad` crash 20 ms after each start. */
import { sleep, spawn } from "effection";
import { type AppFactory, createSwitchboard } from "../../../src/index.ts";
import { report } from "./program.ts";

const CRASH_MS = 20;

const app: AppFactory = function* ({ hostname }) {
  if (hostname.startsWith("bad")) {
    yield* spawn(function* () {
      yield* sleep(CRASH_MS);
      throw new Error("crashed");
    });
  }
  return (_request, response) => void response.end(hostname);
};
const { port } = await createSwitchboard({ app, basePort: 0, maxServers: 200 });
report({ port });
