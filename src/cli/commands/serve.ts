import { type Operation, until } from "effection";
import type { Command } from "../command.ts";
import type { Parsed } from "../parse.ts";
import { SERVE_OPTIONS, toServeArguments } from "../serve/arguments.ts";

export const serve: Command = {
  name: "serve",
  args: ["[MODULE]"],
  summary: "serve; what switchboard does without a command",
  details: [
    "MODULE is a JS or TS file; its default export is an Express app, or an app",
    "factory taking { hostname, server, signal }. It answers every name. Without it,",
    "--apps or a config file: a demo app.",
  ],
  options: SERVE_OPTIONS,
  *run(args, options): Operation<void> {
    const asked = toServeArguments({ args, options } satisfies Parsed);
    // Loaded here, because the other commands do without all of it.
    const { serve } = yield* until(import("../serve/serve.ts"));
    yield* serve(asked);
  },
};
