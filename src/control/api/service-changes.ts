import { z } from "zod";
import { noop } from "../../base/operations.ts";
import { ControlError, conflict, toProblemFacts } from "../control-error.ts";
import { type Endpoint, endpoint } from "../endpoint.ts";
import { Hostname } from "../schemas/common.ts";
import { NewServiceInput, ServiceInput, SOURCES } from "../schemas/inputs.ts";
import { Service } from "../schemas/service.ts";
import type { AddedApp, ControlSource } from "../source.ts";
import { isKnown, noSuchService } from "./journal.ts";
import { oneService } from "./services.ts";

const Params = z.strictObject({ hostname: Hostname });

/** What there is to be. */
export function serviceChangeEndpoints(source: ControlSource): Endpoint[] {
  return [
    endpoint({
      method: "post",
      path: "/api/services",
      tag: "services",
      summary: "Adds an app for a hostname that has none of its own",
      description:
        "It is kept until the switchboard ends. It starts with its first request; at once if it is pinned, or runs with another app. Why a start failed is told in `failure`.",
      access: "write",
      body: NewServiceInput,
      status: 201,
      answer: Service,
      errors: [409],
      async handle({ body: { name, ...app }, response }) {
        if (source.services.originOf(name) !== undefined) {
          throw conflict("SERVICE_EXISTS", `there is an app for "${name}" already; PUT replaces it`, name);
        }
        await replaceApp(source, name, app);
        response.set("Location", `services/${name}`);
        return oneService(source, name);
      },
    }),
    endpoint({
      method: "put",
      path: "/api/services/{hostname}",
      tag: "services",
      summary: "Replaces the app of a hostname, or adds one",
      description:
        "A server that runs drains, and is started again with the new app. Why that failed is told in `failure`.",
      access: "write",
      params: Params,
      body: ServiceInput,
      status: 200,
      answer: Service,
      errors: [409],
      async handle({ params: { hostname }, body }) {
        await replaceApp(source, hostname, body);
        return oneService(source, hostname);
      },
    }),
    endpoint({
      method: "delete",
      path: "/api/services/{hostname}",
      tag: "services",
      summary: "Takes away an app that was added, and stops its server",
      description: "Where it had replaced one of the options, that one counts again.",
      access: "write",
      params: Params,
      status: 204,
      errors: [404, 409],
      async handle({ params: { hostname } }) {
        const origin = source.services.originOf(hostname);
        if (origin !== "added") throw whyNot(source, hostname, origin);
        source.services.remove(hostname);
        source.pool.unpin(hostname);
        await source.pool.shutdown(hostname);
        source.observation.history.forget(hostname); // else it would be listed for its requests
        return undefined;
      },
    }),
  ];
}

/**
 * From now on `hostname` has this app. A server that runs, or starts, is started again. A start that fails changes nothing
 * of that: it is told with the service.
 */
async function replaceApp(
  { services, pool, maxServers, circuits }: ControlSource,
  hostname: string,
  input: ServiceInput,
): Promise<void> {
  const { pinned, ...app } = input;
  const given = SOURCES.filter((key) => app[key] !== undefined);
  if (given.length !== 1) {
    const detail = `an app has exactly one of ${SOURCES.join(", ")}; this one has ${given.join(" and ") || "none"}`;
    throw new ControlError({ status: 422, code: "INVALID_INPUT", detail, field: given[1] ?? SOURCES[0] });
  }
  const kept = pool.pinned();
  if (pinned === true && !kept.includes(hostname) && kept.length >= maxServers) {
    throw conflict(
      "POOL_FULL",
      `as many hostnames are pinned as servers are allowed (maxServers: ${maxServers})`,
      hostname,
    );
  }
  setApp(services, hostname, app, given[0] as string);
  const isOurs = (row: { hostname: string }) => row.hostname === hostname;
  const isUp = pool.inspect().servers.some((row) => isOurs(row) && row.state !== "stopping");
  if (isUp || pool.failures().some(isOurs)) await pool.shutdown(hostname); // forgets failures, too: those were of another app
  if (services.originOf(hostname) !== "added") {
    throw conflict(
      "SERVICE_GONE",
      `the app of "${hostname}" was taken away again while the server before it stopped`,
      hostname,
    );
  }
  // What was found out about the app before says nothing about this one; one that is open until somebody resets it stays so.
  const breaker = circuits().find(([name]) => name === hostname)?.[1];
  if (breaker?.retryAfterMs !== undefined) breaker.reset();
  if (pinned === false) pool.unpin(hostname);
  if (pinned === true) await pool.pin(hostname).catch(noop);
  else if (isUp) await pool.getOrCreate(hostname).catch(noop);
}

/** What is wrong with it has the name of a field of the input, whatever it is called further down. */
function setApp(services: ControlSource["services"], hostname: string, app: AddedApp, main: string): void {
  try {
    services.set(hostname, app);
  } catch (error) {
    const facts = toProblemFacts(error);
    if (facts === undefined) throw error;
    const field = facts.field !== undefined && facts.field in app ? facts.field : main;
    throw new ControlError({ ...facts, field });
  }
}

function whyNot(source: ControlSource, hostname: string, origin: "configured" | undefined): Error {
  const isServed = origin === "configured" || source.services.serves(hostname);
  if (!isServed || !isKnown(source, hostname)) return noSuchService(source, hostname);
  const why =
    origin === "configured"
      ? "its app stands in the options of the switchboard: take it away there"
      : "its app is one for many names: POST /api/services adds one for it alone";
  const detail = `"${hostname}" was not added here; ${why}. POST /api/services/${hostname}/stop stops its server`;
  return conflict("NOT_ADDED", detail, hostname);
}
