import type { IncomingMessage, ServerResponse } from "node:http";
import { createClientOf, createRequestClientOf } from "../client.ts";
import type { Balance } from "./replica-config.ts";
import { giveCookie, takeCookie } from "./sticky.ts";
import {
  type Candidate,
  leastConnections,
  powerOfTwo,
  type Random,
  rendezvous,
  roundRobin,
  weighted,
} from "./strategies.ts";

/** Chooses one of `candidates`, at least one, which are in the order of their numbers. `response` is `undefined` for an upgrade. */
export type Balancer = <C extends Candidate>(
  candidates: readonly C[],
  request: IncomingMessage,
  response: ServerResponse | undefined,
) => C;

const COOKIE = "switchboard-replica";

/** Makes the {@link Balancer} for the option `balance`. */
export function createBalancer(balance: Balance, random: Random = Math.random): Balancer {
  if (typeof balance === "object") {
    return balance.stickyBy === "cookie"
      ? byCookie(balance.cookie ?? COOKIE, random)
      : byClient(balance.trustedProxies);
  }
  switch (balance) {
    case "power-of-two":
      return (candidates) => powerOfTwo(candidates, random);
    case "least-connections":
      return (candidates) => leastConnections(candidates, random);
    case "round-robin":
      return inTurn(random);
    case "random":
      return (candidates) => weighted(candidates, random);
    default:
      return balance satisfies never;
  }
}

function inTurn(random: Random): Balancer {
  let last = 0;
  return (candidates) => {
    const chosen = roundRobin(candidates, last, random);
    last = chosen.id;
    return chosen;
  };
}

/** A cookie is only ever compared with the numbers of those that are there. */
function byCookie(name: string, random: Random): Balancer {
  return (candidates, request, response) => {
    const wanted = takeCookie(request, name);
    const known = wanted === undefined ? undefined : candidates.find(({ id }) => String(id) === wanted);
    if (known !== undefined) return known;
    const chosen = powerOfTwo(candidates, random);
    if (response !== undefined) giveCookie(response, name, String(chosen.id));
    return chosen;
  };
}

function byClient(trustedProxies: readonly string[] | undefined): Balancer {
  const clientOf =
    trustedProxies === undefined ? createRequestClientOf(createClientOf([])) : createClientOf(trustedProxies);
  return (candidates, request) => rendezvous(candidates, clientOf(request).address);
}
