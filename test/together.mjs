/**
 * Runs npm scripts beside each other: `together.mjs NAME... [-- ARGUMENT...]`. Only the last one may speak, and gets the
 * arguments; of the others one hears why they failed.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";

const given = process.argv.slice(2);
const end = given.indexOf("--");
const names = end === -1 ? given : given.slice(0, end);
const passed = end === -1 ? [] : given.slice(end);

/** @param {string} name */
async function run(name) {
  const isLast = name === names.at(-1);
  const script = spawn("npm", ["run", name, ...(isLast ? passed : [])], {
    stdio: isLast ? "inherit" : ["ignore", "pipe", "pipe"],
    shell: process.platform === "win32",
  });
  process.once("SIGTERM", () => script.kill());
  let said = "";
  for (const stream of [script.stdout, script.stderr]) {
    stream?.setEncoding("utf8").on("data", (text) => {
      said += text;
    });
  }
  const [status] = await once(script, "close");
  if (status !== 0) process.stderr.write(said);
  return status === 0;
}

process.exitCode = (await Promise.all(names.map(run))).every(Boolean) ? 0 : 1;
