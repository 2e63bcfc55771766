import { SwitchboardError } from "../base/errors.ts";
import { noop } from "../base/operations.ts";
import type { PortChoice } from "../server/listen.ts";
import type { PortClaim } from "../server/replicas/replica-owner.ts";

const LAST_PORT = 65_535;

/** Which ports a pool's servers get: from `basePort` upwards, the lowest free one first. */
export interface Ports {
  /** The ports that one server can try. `take` throws `PORTS_EXHAUSTED` when each up to 65535 is in use. */
  search(): PortChoice;
  /** A port that was taken is free again. */
  give(port: number): void;
}

/** Makes {@link Ports}. With `basePort` 0 the operating system chooses each time. */
export function createPorts(basePort: number): Ports {
  if (basePort === 0) return systemPorts;
  let next = basePort;
  const free: number[] = []; // descending: the lowest is at the end
  const foreign = new Set<number>(); // found to be somebody else's; tried again when no other is left
  return {
    search() {
      const tried = new Set<number>();
      return {
        take() {
          const port = free.pop() ?? (next <= LAST_PORT ? next++ : [...foreign].find((other) => !tried.has(other)));
          if (port === undefined) throw exhausted(basePort);
          foreign.delete(port);
          return port;
        },
        busy(port) {
          tried.add(port);
          foreign.add(port);
        },
      };
    },
    give(port) {
      let at = free.length;
      while (at > 0 && (free[at - 1] as number) < port) at -= 1;
      free.splice(at, 0, port);
    },
  };
}

/** The operating system says "in use" for port 0 when it has none left: asking again would not end. */
const systemPorts: Ports = {
  search: () => ({
    take: () => 0,
    busy: () => {
      throw new SwitchboardError("PORTS_EXHAUSTED", "the operating system has no free port left; stop some servers");
    },
  }),
  give: noop,
};

/** The search of one server for its port, which remembers the port that it has. */
export function claimPort(ports: Ports): PortClaim {
  const choice = ports.search();
  let taken: number | undefined;
  return {
    take() {
      taken = choice.take();
      return taken;
    },
    busy(port) {
      taken = undefined;
      choice.busy(port);
    },
    release() {
      if (taken !== undefined) ports.give(taken);
      taken = undefined;
    },
  };
}

function exhausted(basePort: number): SwitchboardError {
  const message = `every port from ${basePort} to ${LAST_PORT} is in use; lower basePort or maxServers`;
  return new SwitchboardError("PORTS_EXHAUSTED", message);
}
