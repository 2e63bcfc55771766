// #region rate-limiter
export interface RateLimiter {
  /** Takes a place, if there is one. If not, says in how many milliseconds there will be one. */
  consume(key: string): { allowed: boolean; retryAfterMs: number };
  /** How many keys it remembers. */
  inspect(): { keys: number };
}

/** Never lets more than `limit` through in any `windowMs`, for each key. */
export function createRateLimiter({ limit, windowMs }: { limit: number; windowMs: number }): RateLimiter {
  /** When the places of each key were taken. The key that took one last is the last one. */
  const taken = new Map<string, number[]>();

  function consume(key: string): { allowed: boolean; retryAfterMs: number } {
    const now = performance.now();
    const counts = (time: number | undefined) => time !== undefined && now - time < windowMs;
    for (const [other, times] of taken) {
      if (counts(times.at(-1))) break;
      taken.delete(other);
    }

    const times = (taken.get(key) ?? []).filter(counts);
    const oldest = times[0];
    if (oldest !== undefined && times.length >= limit) return { allowed: false, retryAfterMs: oldest + windowMs - now };
    taken.delete(key);
    taken.set(key, [...times, now]);
    return { allowed: true, retryAfterMs: 0 };
  }

  return { consume, inspect: () => ({ keys: taken.size }) };
}
// #endregion
