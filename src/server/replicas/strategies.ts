/** One of those to choose from. */
export interface Candidate {
  /** Its number: it stays the same when it is started again. */
  readonly id: number;
  /** Requests and sockets that it is busy with. */
  readonly inFlight: number;
  /** Its share, from 0 (but not 0) to 1: one that has just joined has a small one. */
  readonly weight: number;
}

/** Those to choose from: at least one, in the order of their numbers. */
export type Candidates<C extends Candidate> = readonly C[];

/** Like `Math.random`. */
export type Random = () => number;

/** The less busy one of two that are drawn. Those who choose at the same time do not all choose the same one. */
export function powerOfTwo<C extends Candidate>(candidates: Candidates<C>, random: Random): C {
  const count = candidates.length;
  if (count === 1) return candidates[0] as C;
  const first = Math.floor(random() * count);
  const second = (first + 1 + Math.floor(random() * (count - 1))) % count;
  return lessBusy(candidates[first] as C, candidates[second] as C);
}

/** The least busy one; of several, any. */
export function leastConnections<C extends Candidate>(candidates: Candidates<C>, random: Random): C {
  const start = Math.floor(random() * candidates.length);
  let least = candidates[start] as C;
  for (let i = 1; i < candidates.length; i += 1) {
    least = lessBusy(least, candidates[(start + i) % candidates.length] as C);
  }
  return least;
}

/** The next one after number `last`. One with a small share is passed over now and then. */
export function roundRobin<C extends Candidate>(candidates: Candidates<C>, last: number, random: Random): C {
  const after = candidates.findIndex(({ id }) => id > last);
  const start = after === -1 ? 0 : after;
  for (let i = 0; i < candidates.length; i += 1) {
    const candidate = candidates[(start + i) % candidates.length] as C;
    if (candidate.weight >= 1 || random() < candidate.weight) return candidate;
  }
  return candidates[start] as C;
}

/** Any one, by their shares. */
export function weighted<C extends Candidate>(candidates: Candidates<C>, random: Random): C {
  let left = random() * candidates.reduce((sum, { weight }) => sum + weight, 0);
  for (const candidate of candidates) {
    left -= candidate.weight;
    if (left < 0) return candidate;
  }
  return candidates.at(-1) as C;
}

/**
 * The same one for the same key: the one whose hash together with the key is the highest. When one joins or leaves, only
 * keys that it gets or had have another one (rendezvous hashing).
 */
export function rendezvous<C extends Candidate>(candidates: Candidates<C>, key: string): C {
  const seed = hash(key);
  let chosen = candidates[0] as C;
  let highest = -1;
  for (const candidate of candidates) {
    const height = mix(seed ^ mix(candidate.id));
    if (height > highest) {
      highest = height;
      chosen = candidate;
    }
  }
  return chosen;
}

function lessBusy<C extends Candidate>(one: C, other: C): C {
  return load(other) < load(one) ? other : one;
}

/** With what it would get: so that a share counts also for those that are not busy. */
function load({ inFlight, weight }: Candidate): number {
  return (inFlight + 1) / weight;
}

/** FNV-1a, over the code units of a text. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return value >>> 0;
}

/** Each bit of the result depends on each bit of the value (the finalizer of MurmurHash3, in the public domain). */
function mix(value: number): number {
  let mixed = value;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
