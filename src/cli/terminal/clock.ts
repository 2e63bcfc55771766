/** The time of day. */
export function toClock(time: Date): string {
  return time.toTimeString().slice(0, 8);
}
