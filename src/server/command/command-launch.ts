import { type Operation, race, sleep } from "effection";
import { SwitchboardError, toError } from "../../base/errors.ts";
import { LOOPBACK, lastOutput } from "../outside-server.ts";
import type { CommandSettings } from "./command-config.ts";
import { toArguments, toText } from "./command-line.ts";
import { describeEnding } from "./ending.ts";
import { isFree } from "./free-port.ts";
import { findOlderHolder, findPorts } from "./port-holder.ts";
import { type Ending, ProcessGroup, type Program } from "./process-group.ts";
import { type Address, whenReady } from "./ready.ts";

/** What a command may take to end that was never ready: it has nothing to finish, and somebody waits for the reason. */
const UNREADY_GRACE_MS = 500;

/** When to look for the first time where a command listens that does not listen where it was told, and at most how seldom. */
const FIRST_PORTS_MS = 2_000;
const LONGEST_PORTS_MS = 30_000;

const IN_USE = /EADDRINUSE|in use/i;

/**
 * One start of a command with one port.
 *
 * **Lifetime.** Its processes live from the constructor until `stop` returns. **Failure.** See `ready` and `crash`.
 */
export class Launch {
  readonly pid: number | undefined;
  readonly #settings: CommandSettings;
  readonly #port: number;
  readonly #program: Program;
  readonly #group: ProcessGroup;
  #isReady = false;

  constructor(settings: CommandSettings, port: number) {
    this.#settings = settings;
    this.#port = port;
    this.#program = toProgram(settings, port);
    this.#group = this.#start();
    this.pid = this.#group.pid;
  }

  /** Where it listens, as soon as it is ready; `undefined` when somebody else has its port. Throws when it ends for another reason. */
  *ready(): Operation<Address | undefined> {
    const { log, ready, notYet } = this.#settings;
    const outcome = yield* race([
      whenReady(ready, this.#port, log, notYet),
      this.#group.exited(),
      this.#noteOtherPorts(),
    ]);
    if (!("host" in outcome)) {
      yield* this.stop(); // what it left behind may have the port
      if (yield* this.#hasLostPort(outcome)) return undefined;
      throw this.#startFailed(outcome);
    }
    if (this.#saysInUse() || this.#isStranger(outcome)) return undefined;
    this.#isReady = true;
    return outcome;
  }

  /** One that listens, but not where it was told, would be waited for without a word. */
  *#noteOtherPorts(): Operation<never> {
    const told = this.#port;
    for (let pauseMs = FIRST_PORTS_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PORTS_MS)) {
      yield* sleep(pauseMs);
      const ports = this.pid === undefined ? [] : findPorts(this.pid);
      if (ports.length === 0 || ports.includes(told)) continue;
      const where = `port${ports.length === 1 ? "" : "s"} ${ports.join(", ")}`;
      this.#settings.notYet(`it listens on ${where}, but not yet on process.env.PORT (${told})`);
    }
  }

  /** Returns the reason when it ends by itself. */
  *crash(): Operation<SwitchboardError> {
    const ending = yield* this.#group.exited();
    const { hostname, log } = this.#settings;
    const { output } = lastOutput(log);
    return new SwitchboardError("SERVER_CLOSED", this.#describe(ending, ""), { hostname, output });
  }

  stop(): Operation<void> {
    const graceMs = this.#settings.graceMs();
    return this.#group.stop(this.#isReady ? graceMs : Math.min(graceMs, UNREADY_GRACE_MS));
  }

  #start(): ProcessGroup {
    try {
      return new ProcessGroup(this.#program, this.#settings.log);
    } catch (error) {
      throw this.#startFailed({ error: toError(error) }); // Node throws some reasons, and tells others later
    }
  }

  #startFailed(ending: Ending): SwitchboardError {
    const when = "error" in ending ? "" : " before it was ready";
    const cause = "error" in ending && { cause: ending.error };
    const { hostname, log } = this.#settings;
    const { output } = lastOutput(log);
    return new SwitchboardError("START_FAILED", this.#describe(ending, when), { hostname, output, ...cause });
  }

  *#hasLostPort(ending: Ending): Operation<boolean> {
    // One that succeeded has left a daemon there.
    const failed = !("code" in ending && ending.code === 0) && this.pid !== undefined;
    return failed && (this.#saysInUse() || !(yield* isFree(this.#port)));
  }

  /** Some go on with another port when theirs is in use, so that somebody else answers on it. */
  #saysInUse(): boolean {
    const port = new RegExp(`\\b${this.#port}\\b`);
    return this.#settings.log.lines().some(({ text }) => IN_USE.test(text) && port.test(text));
  }

  #isStranger(address: Address): boolean {
    return this.pid !== undefined && findOlderHolder(this.pid, address) !== undefined;
  }

  #describe(ending: Ending, when: string): string {
    const { command, log } = this.#settings;
    const what = describeEnding(ending, this.#program);
    const output = "error" in ending ? "" : lastOutput(log).text;
    return `its command ${what}${when} (${toText(command)})${output}`;
  }
}

function toProgram({ command, hostname, cwd, env }: CommandSettings, port: number): Program {
  const [host = ""] = LOOPBACK;
  const [file, ...args] = toArguments(command, { port, host, hostname });
  const own = { PORT: String(port), HOST: host, SWITCHBOARD_HOSTNAME: hostname };
  return { file, args, cwd, env: { ...process.env, ...env, ...own } };
}
