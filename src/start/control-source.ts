import type { ControlServices, ControlSource } from "../control/source.ts";
import type { FrontDoor } from "../switchboard/front-door.ts";
import type { AppConfig } from "./app-config.ts";
import type { Services } from "./services.ts";

/** What the control app knows beside the front door. */
type Known = Pick<ControlSource, "observation" | "maxServers" | "maxStarts" | "failed"> & { services: Services };

/** Puts together what the control app shows and steers. */
export function controlSource(door: FrontDoor, { services, ...known }: Known): ControlSource {
  return { ...door, ...known, services: toControlServices(services) };
}

function toControlServices(services: Services): ControlServices {
  return {
    names: () => services.names().filter((name) => !name.startsWith("*.")),
    originOf: (hostname) => services.originOf(hostname),
    serves: (hostname) => services.serves(hostname),
    set(hostname, { healthPath, ...app }) {
      const given = Object.entries(app).filter(([, value]) => value !== undefined);
      const health = healthPath === undefined ? {} : { health: { path: healthPath } };
      services.set(hostname, { ...Object.fromEntries(given), ...health } as AppConfig);
    },
    remove: (hostname) => services.remove(hostname),
    strategyOf(hostname) {
      const { balance } = services.settings.of(hostname).replicas;
      return typeof balance === "string" ? balance : `sticky-by-${balance.stickyBy}`;
    },
  };
}
