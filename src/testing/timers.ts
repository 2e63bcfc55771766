/** What fake timers remember of the real ones: https://github.com/sinonjs/fake-timers, which vitest and jest use. */
interface Faked {
  clock?: Record<string, unknown>;
}

/**
 * The timers as they are when this module is loaded, and the real ones if they are fake then: deadlines must come, and
 * looks must happen, in a test with fake timers too.
 */
export const setTimeout: typeof globalThis.setTimeout = real("setTimeout");
export const clearTimeout: typeof globalThis.clearTimeout = real("clearTimeout");
export const setImmediate: typeof globalThis.setImmediate = real("setImmediate");

function real<K extends "setTimeout" | "clearTimeout" | "setImmediate">(name: K): (typeof globalThis)[K] {
  const found = globalThis[name];
  return ((found as Faked).clock?.[`_${name}`] as (typeof globalThis)[K] | undefined) ?? found;
}
