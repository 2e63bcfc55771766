import { inspect } from "node:util";
import { SwitchboardError } from "./errors.ts";
import { suggest } from "./suggest.ts";

/** Options after their check: none is left out, and none is `undefined`. */
export type Resolved<T> = { [K in keyof T]-?: Exclude<T[K], undefined> };

/** The longest delay a timer of Node can hold (Node docs, `setTimeout`): longer ones would fire at once. */
export const LONGEST_DELAY_MS: number = 2 ** 31 - 1;

/** Throws unless `config` is an object that has only the options in `known`: a misspelt option is an error, not a default. */
export function checkKnownOptions(what: string, config: object, known: readonly string[]): void {
  if (typeof config !== "object" || config === null) fail(what, "an object of options", config);
  for (const option of Object.keys(config)) {
    if (!known.includes(option)) {
      const meant = suggest(option, known);
      const way = meant === undefined ? `it knows ${known.join(", ")}` : `did you mean ${inspect(meant)}?`;
      throw new SwitchboardError("INVALID_OPTION", `${what} has no option ${inspect(option)}; ${way}`, { option });
    }
  }
}

/** A whole number from `min` to `max`. */
export function integerOption(option: string, value: unknown, min: number, max: number): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= min && value <= max) return value;
  return fail(option, `a whole number from ${min} to ${max}`, value);
}

/** A finite number, at least `min` if there is one. */
export function numberOption(option: string, value: unknown, min: number = Number.NEGATIVE_INFINITY): number {
  if (typeof value === "number" && Number.isFinite(value) && value >= min) return value;
  return fail(option, min === Number.NEGATIVE_INFINITY ? "a finite number" : `a finite number >= ${min}`, value);
}

/** Milliseconds, from `min` to the longest delay a timer can hold. */
export function durationOption(option: string, value: unknown, min = 0): number {
  if (typeof value === "number" && value >= min && value <= LONGEST_DELAY_MS) return value;
  return fail(option, `a finite number >= ${min} (milliseconds, at most ${LONGEST_DELAY_MS})`, value);
}

/** One of a few words. */
export function choiceOption<T extends string>(option: string, value: unknown, choices: readonly T[]): T {
  const found = choices.find((choice) => choice === value);
  return found ?? fail(option, `one of ${choices.map((choice) => inspect(choice)).join(", ")}`, value);
}

/** A function, or nothing. */
export function functionOption<T>(option: string, value: T): T {
  if (value === undefined || typeof value === "function") return value;
  return fail(option, "a function", value);
}

/** `true` or `false`. */
export function booleanOption(option: string, value: unknown): boolean {
  return typeof value === "boolean" ? value : fail(option, "true or false", value);
}

/** Text that is not empty. */
export function textOption(option: string, value: unknown): string {
  if (typeof value === "string" && value !== "") return value;
  return fail(option, "text that is not empty", value);
}

/** Milliseconds; `Infinity` is never. */
export function limitOption(option: string, value: unknown): number {
  return value === Number.POSITIVE_INFINITY ? value : durationOption(option, value, 1);
}

/** Runs `check`, and says where the option stands that it finds fault with. */
export function within<T>(at: string, check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof SwitchboardError) || error.code !== "INVALID_OPTION") throw error;
    const { option } = error;
    throw new SwitchboardError("INVALID_OPTION", `${at}: ${error.message}`, option === undefined ? {} : { option });
  }
}

/** What of `from` is in `keys`. */
export function pick<T extends object, K extends keyof T & string>(from: T, keys: readonly string[]): Pick<T, K> {
  return Object.fromEntries(Object.entries(from).filter(([key]) => keys.includes(key))) as Pick<T, K>;
}

/** Throws the one sentence that names the option, the rule and the value. */
export function fail(option: string, rule: string, value: unknown): never {
  const got = inspect(value, { depth: 0, breakLength: Number.POSITIVE_INFINITY, maxStringLength: 80 });
  throw new SwitchboardError("INVALID_OPTION", `${option} must be ${rule}, got ${got}`, { option });
}
