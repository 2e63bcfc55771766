// #region drain
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { ensure, type Operation, race, resource, sleep, withResolvers } from "effection";

export interface DrainReport {
  finished: number;
  cut: number;
}

/** Lets the requests of `server` finish when its owner ends, for at most `graceMs`. Acquire it after the server. */
export function useDrain(server: Server, graceMs: number, onReport: (report: DrainReport) => void): Operation<void> {
  return resource(function* (provide) {
    const inFlight = new Set<ServerResponse>();
    const report: DrainReport = { finished: 0, cut: 0 };
    const idle = withResolvers<void>();
    let draining = false;

    server.prependListener("request", (_request: IncomingMessage, response: ServerResponse) => {
      inFlight.add(response);
      if (draining) response.shouldKeepAlive = false;
      response.on("close", () => {
        inFlight.delete(response);
        if (!draining) return;
        report[response.writableFinished ? "finished" : "cut"] += 1;
        if (inFlight.size === 0) idle.resolve();
      });
    });

    yield* ensure(function* () {
      draining = true;
      server.close(); // accepts no connection from now on, and ends those that are idle
      if (inFlight.size > 0) yield* race([idle.operation, sleep(graceMs)]);
      onReport({ ...report, cut: report.cut + inFlight.size });
    });
    yield* provide();
  });
}
// #endregion
