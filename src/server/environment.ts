import { fail } from "../base/options.ts";

/** Variables for the environment of an app, beside those of this process; `undefined` takes one away. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Checks an {@link Environment}. */
export function envOption(option: string, env: unknown): Environment {
  if (typeof env !== "object" || env === null || Array.isArray(env)) return fail(option, "an object of texts", env);
  for (const [name, value] of Object.entries(env)) {
    if (value !== undefined && !isClean(value)) fail(`${option}.${name}`, "text without a NUL character", value);
  }
  return { ...env };
}

/** The system takes the end of a text for a NUL character. */
export function isClean(value: unknown): value is string {
  return typeof value === "string" && !value.includes("\0");
}
