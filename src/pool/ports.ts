import { SwitchboardError } from "../base/errors.ts";

const LAST_PORT = 65_535;

/** Which ports a pool's servers get: from `basePort` upwards, the lowest free one first. */
export interface Ports {
  /** A port to try. Throws `PORTS_EXHAUSTED` when all up to 65535 are in use. */
  take(): number;
  /** A port that was taken and is free again. */
  give(port: number): void;
  /** A port that was taken turned out to be somebody else's: it is tried again when no other is left. */
  busy(port: number): void;
}

/** Makes {@link Ports}. With `basePort` 0 the operating system chooses each time. */
export function createPorts(basePort: number): Ports {
  if (basePort === 0) return { take: () => 0, give: () => {}, busy: () => {} };
  let next = basePort;
  let free: number[] = []; // descending: the lowest is at the end
  let foreign: number[] = [];
  const give = (port: number) => {
    let at = free.length;
    while (at > 0 && (free[at - 1] as number) < port) at -= 1;
    free.splice(at, 0, port);
  };
  return {
    take() {
      const port = free.pop();
      if (port !== undefined) return port;
      if (next <= LAST_PORT) return next++;
      free = foreign.sort((a, b) => b - a);
      foreign = [];
      const other = free.pop();
      if (other !== undefined) return other;
      throw new SwitchboardError(
        "PORTS_EXHAUSTED",
        `every port from ${basePort} to ${LAST_PORT} is in use; lower basePort or maxServers`,
      );
    },
    give,
    busy(port) {
      foreign.push(port);
    },
  };
}
