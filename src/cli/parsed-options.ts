import { UsageError } from "./exit-codes.ts";

type Values = Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;

const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** The options of a command line, each read as what it is to be. Throws a {@link UsageError} that names the option, the rule and the value. */
export class ParsedOptions {
  readonly #values: Values;

  constructor(values: Values) {
    this.#values = values;
  }

  /** Whether a switch is on; `undefined` when it is not given. */
  flag(option: string): boolean | undefined {
    return this.#values[option] as boolean | undefined;
  }

  text(option: string): string | undefined {
    return this.#values[option] as string | undefined;
  }

  list(option: string): string[] | undefined {
    return this.#values[option] as string[] | undefined;
  }

  /** A whole number from `min` to `max`. */
  number(option: string, max: number, min = 0): number | undefined {
    const value = this.text(option);
    return value === undefined ? undefined : toNumber(`--${option}`, value, max, min);
  }

  /** Milliseconds. `orElse` is what else may be given, as the message says it; with `bare`, a number needs no unit. */
  ms(option: string, { orElse = "", bare = false }: { orElse?: string; bare?: boolean } = {}): number | undefined {
    const value = this.text(option);
    if (value === undefined) return undefined;
    const [, amount, unit = "ms"] = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(value) ?? [];
    const isWhole = bare || value.endsWith(unit);
    if (amount !== undefined && isWhole) return Number(amount) * UNITS[unit as keyof typeof UNITS];
    throw new UsageError(
      `--${option} must be a time such as 500ms, 10s, 15m or 2h${orElse}, got ${JSON.stringify(value)}`,
    );
  }

  /** One of a few words. */
  choice<T extends string>(option: string, choices: readonly T[]): T | undefined {
    const value = this.text(option);
    return value === undefined ? undefined : toChoice(`--${option}`, value, choices);
  }
}

/** A whole number from `min` to `max`. */
export function toNumber(what: string, value: string, max: number, min = 0): number {
  if (/^\d{1,15}$/.test(value) && Number(value) <= max && Number(value) >= min) return Number(value);
  throw new UsageError(`${what} must be a whole number from ${min} to ${max}, got ${JSON.stringify(value)}`);
}

/** One of a few words. */
export function toChoice<T extends string>(what: string, value: string, choices: readonly T[]): T {
  const found = choices.find((choice) => choice === value);
  if (found !== undefined) return found;
  throw new UsageError(`${what} must be one of ${choices.join(", ")}, got ${JSON.stringify(value)}`);
}
