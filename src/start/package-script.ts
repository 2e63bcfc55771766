import { readFileSync } from "node:fs";
import { join } from "node:path";
import { SwitchboardError, toError } from "../base/errors.ts";
import { commandApp } from "../server/command/command-app.ts";
import type { Environment } from "../server/environment.ts";
import type { AppPlan } from "./app-plan.ts";

/** Vite does not read PORT; nothing may stand between this and the end of its script. */
const VITE = /(?:^|[\s;&])vite(?: +(?:dev|serve|preview))?(?: +-[^;&|]*)?$/;

/** The app that the `dev` or else the `start` script of a folder's `package.json` is; `undefined` when it has neither. */
export function planScript(folder: string, env: Environment | undefined): AppPlan | undefined {
  const file = join(folder, "package.json");
  const watched = [{ path: file, codeOnly: false }];
  try {
    const command = toCommand(JSON.parse(readFileSync(file, "utf8")));
    if (command === undefined) return undefined;
    const app = commandApp(command, { cwd: folder, env });
    return { make: () => app, watched };
  } catch (error) {
    const make = () => {
      throw new SwitchboardError("START_FAILED", `cannot use ${file}: ${toError(error).message}`, { cause: error });
    };
    return { make, watched };
  }
}

function toCommand(content: { scripts?: Record<string, unknown> } | null): string[] | undefined {
  for (const name of ["dev", "start"]) {
    const script = content?.scripts?.[name];
    if (typeof script === "string" && script !== "") return ["npm", "run", name, ...portArguments(script)];
  }
  return undefined;
}

function portArguments(script: string): string[] {
  return VITE.test(script.trim()) ? ["--", "--port", "{port}", "--strictPort"] : [];
}
