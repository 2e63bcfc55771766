import type { Command } from "./command.ts";
import { doctor } from "./commands/doctor.ts";
import { fault } from "./commands/fault.ts";
import { logs } from "./commands/logs.ts";
import { get, ls } from "./commands/look.ts";
import { open } from "./commands/open.ts";
import { serve } from "./commands/serve.ts";
import { status } from "./commands/status.ts";
import { breaker, pin, restart, scale, start, stop, unpin } from "./commands/steer.ts";
import { wait } from "./commands/wait.ts";
import { events, requests } from "./commands/watch.ts";

/** Everything that the command line can do, as help lists it. */
export const COMMANDS: readonly Command[] = [
  serve,
  status,
  ls,
  get,
  logs,
  events,
  requests,
  start,
  stop,
  restart,
  scale,
  pin,
  unpin,
  wait,
  fault,
  breaker,
  open,
  doctor,
];

/** The command of this name. */
export function findCommand(name: string | undefined): Command | undefined {
  return COMMANDS.find((command) => command.name === name);
}
