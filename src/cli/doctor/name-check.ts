import { lookup } from "node:dns/promises";
import { type Operation, race, sleep, until } from "effection";
import type { Check } from "./check.ts";

const LIMIT_MS = 3_000;

const ADVICE =
  "browsers and curl know it all the same; other programs can name the app in a field, " +
  "X-App-Name: shop to http://127.0.0.1:8000, or learn it from libnss-myhostname (systemd)";

/** Whether the resolver of this machine knows that every name below localhost is this machine (RFC 6761). */
export function* checkNames(): Operation<Check> {
  const name = `switchboard-${Math.random().toString(36).slice(2, 10)}.localhost`;
  const found = yield* race([resolve(name), late()]);
  if (found.length === 0) {
    return { name: ".localhost", status: "warn", detail: "the resolver does not know *.localhost", advice: ADVICE };
  }
  const elsewhere = found.filter((address) => !/^(?:127\.|::1$)/.test(address));
  if (elsewhere.length === 0) return { name: ".localhost", status: "ok", detail: `*.localhost is ${found.join(", ")}` };
  return {
    name: ".localhost",
    status: "fail",
    detail: `*.localhost is ${elsewhere.join(", ")}, which is not this machine`,
    advice: `the name server answers for names that are not its own; ${ADVICE}`,
  };
}

function* resolve(name: string): Operation<string[]> {
  try {
    return (yield* until(lookup(name, { all: true }))).map(({ address }) => address);
  } catch {
    return []; // it says that there is none, or does not answer
  }
}

function* late(): Operation<string[]> {
  yield* sleep(LIMIT_MS);
  return [];
}
