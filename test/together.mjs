/** Runs npm scripts beside each other: `together.mjs NAME...`. Only the last one may speak; of the others one hears why they failed. */
import { spawn } from "node:child_process";
import { once } from "node:events";

const names = process.argv.slice(2);

/** @param {string} name */
async function run(name, isLast = name === names.at(-1)) {
  const script = spawn(`npm run ${name}`, { shell: true, stdio: isLast ? "inherit" : ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [script.stdout, script.stderr]) stream?.setEncoding("utf8").on("data", (text) => (said += text));
  const [status] = await once(script, "close");
  return { failed: status !== 0, said };
}

const failed = (await Promise.all(names.map((name) => run(name)))).filter((script) => script.failed);
for (const { said } of failed) process.stderr.write(said);
process.exitCode = failed.length === 0 ? 0 : 1;
