import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { action, type Operation } from "effection";
import type { ApiClient } from "../client/api-client.ts";
import type { Service } from "../client/api-types.ts";
import { servicePath } from "../client/names.ts";
import { useApi } from "../client/session.ts";
import { NO_DASHBOARD, toDashboard } from "../client/target.ts";
import { CLIENT_OPTIONS, type Command } from "../command.ts";
import { CommandError, EXIT } from "../exit-codes.ts";
import { note, print, printJson } from "../terminal/print.ts";
import { printable } from "../terminal/printable.ts";

export const open: Command = {
  name: "open",
  args: ["[NAME]"],
  summary: "open it, or the dashboard, in the browser",
  details: ["Where there is no browser, the address is printed, with the token if that was asked for."],
  options: {
    "with-token": {
      help: [
        "let the dashboard in; until it has started, others on this",
        "machine can see the token in the list of processes",
      ],
    },
    ...CLIENT_OPTIONS,
  },
  *run([name], options): Operation<void> {
    const api = yield* useApi(options);
    const { target } = api;
    const url = name === undefined ? toDashboard(target) : yield* urlOf(api, name);
    if (url === undefined) throw new CommandError(EXIT.failed, `the dashboard has no address: ${NO_DASHBOARD}`);
    const withToken = name === undefined && options.flag("with-token");
    if (withToken && target.token === undefined)
      throw new CommandError(EXIT.notAllowed, "there is no token to open it with");
    const full = withToken ? `${url}#token=${target.token}` : url;
    const opened = yield* openInBrowser(full);
    const shown = opened ? url : full;
    if (options.flag("json")) return yield* printJson({ url: shown, opened });
    yield* print(`${printable(shown)}\n`);
    if (!opened) note("no browser was found here; open that address in one");
  },
};

/** Where it is, also if nobody has asked for it yet: whoever opens it does. */
function* urlOf(api: ApiClient, name: string): Operation<string> {
  try {
    return (yield* api.get<Service>(servicePath(name))).url;
  } catch (error) {
    if (error instanceof CommandError && error.url !== undefined) return error.url;
    throw error;
  }
}

/** Whether a browser was asked to. It gets the address as an argument: no shell reads it. */
function openInBrowser(url: string): Operation<boolean> {
  return action((resolve) => {
    const [command, args] = opener();
    if (command === undefined || !/^https?:$/.test(new URL(url).protocol)) {
      resolve(false);
      return () => {};
    }
    const child = spawn(command, [...args, url], { stdio: "ignore", detached: true });
    child.on("error", () => resolve(false));
    child.on("spawn", () => resolve(true));
    child.unref(); // it may last as long as the browser
    return () => {};
  });
}

function opener(): [command: string | undefined, args: string[]] {
  if (process.platform === "darwin") return ["open", []];
  if (process.platform === "win32") return ["rundll32", ["url.dll,FileProtocolHandler"]];
  const { DISPLAY, WAYLAND_DISPLAY, PATH = "" } = process.env;
  const hasScreen = Boolean(DISPLAY || WAYLAND_DISPLAY);
  const found = PATH.split(delimiter).some((folder) => existsSync(join(folder, "xdg-open")));
  return [hasScreen && found ? "xdg-open" : undefined, []];
}
