/** Runs npm scripts beside each other: `together.mjs NAME...`. Fails if one does. */
import { spawn } from "node:child_process";
import { once } from "node:events";

const statuses = process.argv.slice(2).map(async (name) => {
  const [status] = await once(spawn(`npm run ${name}`, { shell: true, stdio: "inherit" }), "close");
  return status ?? 1;
});
process.exitCode = Math.max(...(await Promise.all(statuses)));
