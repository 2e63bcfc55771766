/**
 * What a decision of the rate limiter and of the circuit breaker costs; run with --expose-gc. `limits.ts <keys>`
 */
import { type CircuitTicket, createCircuitBreaker, createRateLimiter } from "../../../src/resilience/index.ts";
import { median } from "../rounds.ts";
import { report } from "./program.ts";

/** What this program reports. */
export interface Limits {
  bytesPerKey: number;
  keys: number;
  sameKeyNs: number;
  manyKeysNs: number;
  newKeysNs: number;
  breakerNs: number;
  bytesPerBreaker: number;
}

const ROUNDS = 9;
const DECISIONS = 100_000;
const BREAKERS = 100_000;

const keys = Number(process.argv[2]);
const config = { limit: 100, windowMs: 60_000, maxKeys: keys };

const warm = createRateLimiter(config);
for (let i = 0; i < 3 * DECISIONS; i += 1) warm.consume(toKey(i % 5_000));

const before = memory();
const limiter = createRateLimiter(config);
for (let i = 0; i < keys; i += 1) limiter.consume(toKey(i));
const bytesPerKey = (memory() - before) / keys;

const known = Array.from({ length: DECISIONS }, () => toKey(Math.floor(Math.random() * keys)));
const same = Array.from({ length: DECISIONS }, () => toKey(0));
const sameKeyNs = perDecision(() => same, limiter);
const manyKeysNs = perDecision(() => known, limiter);
let next = keys;
const newKeysNs = perDecision(() => Array.from({ length: DECISIONS }, () => toKey(next++)), limiter);

const beforeBreakers = memory();
const breakers = Array.from({ length: BREAKERS }, () => createCircuitBreaker());
const bytesPerBreaker = (memory() - beforeBreakers) / BREAKERS;
const breakerNs = nanoseconds(() => {
  for (const breaker of breakers) breaker.record(breaker.admit() as CircuitTicket, "success");
}, BREAKERS);

report({
  bytesPerKey,
  keys: limiter.inspect().keys,
  sameKeyNs,
  manyKeysNs,
  newKeysNs,
  breakerNs,
  bytesPerBreaker,
} satisfies Limits);

/** As an address, which is what most limits are by. */
function toKey(i: number): string {
  return `${10 + (i >> 24)}.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}`;
}

function perDecision(make: () => string[], { consume }: typeof limiter): number {
  return nanoseconds(
    (asked) => {
      for (const key of asked) consume(key);
    },
    DECISIONS,
    make,
  );
}

/** The median of some rounds, for one of `count`. */
function nanoseconds<T>(body: (input: T) => void, count: number, make: () => T = () => undefined as T): number {
  const rounds = Array.from({ length: ROUNDS }, () => {
    const input = make();
    const since = performance.now();
    body(input);
    return ((performance.now() - since) * 1e6) / count;
  });
  return median(rounds);
}

/** On the heap and beside it. */
function memory(): number {
  for (let i = 0; i < 3; i += 1) globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
