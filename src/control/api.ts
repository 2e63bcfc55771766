import { createRequire } from "node:module";
import express, { type Request, type Response, type Router } from "express";
import { faultEndpoints } from "./api/faults.ts";
import { journalEndpoints } from "./api/journal.ts";
import { createJournalTexts } from "./api/journal-texts.ts";
import { limitEndpoints } from "./api/limits.ts";
import { liveEndpoints } from "./api/live.ts";
import { serviceActionEndpoints } from "./api/service-actions.ts";
import { serviceChangeEndpoints } from "./api/service-changes.ts";
import { serviceEndpoints } from "./api/services.ts";
import { sessionEndpoints } from "./api/session.ts";
import { statusEndpoints } from "./api/status.ts";
import type { Auth } from "./auth.ts";
import { ControlError, shuttingDown } from "./control-error.ts";
import type { Access, Endpoint } from "./endpoint.ts";
import { createOpenApi } from "./openapi.ts";
import { createPages } from "./pages.ts";
import { createRouter, refuse } from "./router.ts";
import type { ControlSource } from "./source.ts";
import type { Streams } from "./streams.ts";

/** What the API needs. */
export interface ApiHost {
  source: ControlSource;
  auth: Auth;
  streams: Streams;
  /** When the switchboard started, on the clock of `performance.now()`. */
  startedAt: number;
}

/** Whoever asks these asks again and again, and is to hear how it is rather than that it asks too often. */
const UNCOUNTED = ["/health", "/ready"];

const { version } = createRequire(import.meta.url)("effection-switchboard/package.json") as { version: string };

/** Makes everything that answers, below wherever it is mounted. */
export function createApi({ source, auth, streams, startedAt }: ApiHost): Router {
  const host = {
    async authorize(request: Request, access: Access) {
      await auth.authorize(request, access);
      if (access === "write" && source.draining()) throw shuttingDown();
    },
    failed: (error: Error) => source.failed(error),
  };
  const texts = createJournalTexts(source);
  const endpoints: Endpoint[] = [
    ...statusEndpoints(source, startedAt),
    ...sessionEndpoints(auth, version),
    ...serviceEndpoints(source),
    ...serviceChangeEndpoints(source),
    ...serviceActionEndpoints(source),
    ...journalEndpoints(source, streams, texts),
    ...limitEndpoints(source),
    ...faultEndpoints(source),
    ...liveEndpoints(source, streams, texts, version),
  ];
  let document: object | undefined;
  const router = express.Router({ caseSensitive: true });
  router.use(createPages()); // one look at the dashboard is some ten of them: they do not count
  router.use((request, response, next) => {
    try {
      if (!UNCOUNTED.includes(request.path)) auth.count(request);
      next();
    } catch (thrown) {
      refuse(response, thrown, host);
    }
  });
  router.get("/openapi.json", (_request, response) => {
    document ??= createOpenApi(endpoints, version); // it takes longer than all the rest
    response.json(document);
  });
  router.use(createRouter(endpoints, host));
  router.use((request: Request, response: Response) => refuse(response, nothingAt(request), host));
  return router;
}

function nothingAt({ method, baseUrl, path }: Request): ControlError {
  const way = "try GET /__switchboard/health, /__switchboard/servers, or /__switchboard/openapi.json for all there is";
  return new ControlError({
    status: 404,
    code: "NOT_FOUND",
    detail: `there is nothing at ${method} ${baseUrl}${path}; ${way}`,
  });
}
