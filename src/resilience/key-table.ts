import { createHash } from "node:crypto";
import { detach } from "../base/detach.ts";

/** Longer keys are kept as a digest. */
const LONGEST = 64;
/** No index. */
const NONE = -1;

/**
 * Gives at most `size` keys an index each, in constant memory per key, and knows which was used least recently.
 */
export class KeyTable {
  readonly #size: number;
  readonly #indexes: Map<string, number> = new Map();
  readonly #keys: string[] = [];
  /** A list by use: from each index to the next older and the next newer one, side by side for the sake of caches. */
  #links: Int32Array = new Int32Array(0);
  #oldest: number = NONE;
  #newest: number = NONE;

  constructor(size: number) {
    this.#size = size;
  }

  get length(): number {
    return this.#keys.length;
  }

  get isFull(): boolean {
    return this.#keys.length === this.#size;
  }

  /** The index that was used least recently; only when there is one. */
  get oldest(): number {
    return this.#oldest;
  }

  find(key: string): number | undefined {
    return this.#indexes.get(key);
  }

  /** Notes that `index` is used now. */
  touch(index: number): void {
    if (index === this.#newest) return;
    this.#unlink(index);
    this.#link(index);
  }

  /** Gives a new key a new index; only when it is not full. */
  add(key: string): number {
    const index = this.#keys.length;
    if (index * 2 === this.#links.length) this.#grow();
    this.#link(index);
    return this.#name(index, key);
  }

  /** Gives a new key the index of the one that was used least recently. */
  replaceOldest(key: string): number {
    const index = this.#oldest;
    this.#indexes.delete(this.#keys[index] as string);
    this.touch(index);
    return this.#name(index, key);
  }

  #name(index: number, key: string): number {
    const own = detach(key);
    this.#keys[index] = own;
    this.#indexes.set(own, index);
    return index;
  }

  #link(index: number): void {
    this.#links[index * 2] = this.#newest;
    this.#links[index * 2 + 1] = NONE;
    if (this.#newest === NONE) this.#oldest = index;
    else this.#links[this.#newest * 2 + 1] = index;
    this.#newest = index;
  }

  #unlink(index: number): void {
    const older = this.#links[index * 2] as number;
    const newer = this.#links[index * 2 + 1] as number;
    if (older === NONE) this.#oldest = newer;
    else this.#links[older * 2 + 1] = newer;
    if (newer === NONE) this.#newest = older;
    else this.#links[newer * 2] = older;
  }

  #grow(): void {
    const links = new Int32Array(Math.min(this.#size * 2, Math.max(2_048, this.#links.length * 2)));
    links.set(this.#links);
    this.#links = links;
  }
}

/**
 * A key as it is kept: itself, or a digest when it is long, so that memory per key is bounded. A digest has more
 * characters than any key that is kept as it is: the two are never the same.
 */
export function toStoredKey(key: string): string {
  return key.length <= LONGEST ? key : `#${createHash("sha256").update(key, "utf16le").digest("hex")}`;
}
