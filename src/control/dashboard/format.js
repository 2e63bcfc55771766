/** Numbers as people read them. What is not known is a dash. */

const DASH = "–";
const TIME = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
});
const DATE_TIME = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium", hourCycle: "h23" });

/**
 * @param {number | null | undefined} ms
 * @returns {string} such as `0.42 ms`, `3.1 ms`, `31 ms`, `2.5 s`
 */
export function formatMs(ms) {
  if (ms === null || ms === undefined) return DASH;
  if (ms < 10) return `${trim(ms, ms < 1 ? 2 : 1)} ms`;
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${trim(ms / 1_000, ms < 10_000 ? 2 : 1)} s`;
  return formatAge(ms);
}

/**
 * @param {number | null | undefined} ms
 * @returns {string} the two largest units, such as `3 h 12 min`
 */
export function formatAge(ms) {
  if (ms === null || ms === undefined) return DASH;
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)} h ${Math.floor((seconds % 3_600) / 60)} min`;
  return `${Math.floor(seconds / 86_400)} d ${Math.floor((seconds % 86_400) / 3_600)} h`;
}

/**
 * @param {number} value
 * @returns {string} such as `0`, `<0.1`, `0.3`, `2.0`, `12`, `1,234`
 */
export function formatRate(value) {
  if (value === 0) return "0";
  if (value < 0.05) return "<0.1";
  return value < 10 ? value.toFixed(1) : Math.round(value).toLocaleString("en");
}

/**
 * @param {number} value
 * @returns {string} without zeros at the end, for an axis
 */
export function formatTick(value) {
  return Number(value.toFixed(2)).toLocaleString("en");
}

/**
 * @param {number} share from 0 to 1
 * @returns {string} such as `0 %`, `0.4 %`, `12 %`
 */
export function formatShare(share) {
  const percent = share * 100;
  return `${percent > 0 && percent < 0.1 ? "<0.1" : trim(percent, percent < 10 ? 1 : 0)} %`;
}

/**
 * @param {number} bytes
 * @returns {string} such as `312 B`, `4.2 kB`
 */
export function formatBytes(bytes) {
  if (bytes < 1_000) return `${bytes} B`;
  if (bytes < 1_000_000) return `${trim(bytes / 1_000, 1)} kB`;
  return `${trim(bytes / 1_000_000, 1)} MB`;
}

/**
 * @param {number} count
 * @param {string} noun
 * @returns {string} such as `1 request`, `2,000 requests`
 */
export function formatCount(count, noun) {
  return `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
}

/**
 * @param {string} iso
 * @returns {string} the time of the day
 */
export function formatTime(iso) {
  return TIME.format(new Date(iso));
}

/**
 * @param {string} iso
 * @returns {string} the day and the time
 */
export function formatDateTime(iso) {
  return DATE_TIME.format(new Date(iso));
}

/**
 * What a terminal would show of a line: colours, titles and cursor movements are left out.
 *
 * @param {string} text
 * @returns {string}
 */
export function stripAnsi(text) {
  return text.replace(ANSI, "");
}

/**
 * What a message says first, where there is room for a line.
 *
 * @param {string} text
 * @returns {string}
 */
export function firstLine(text) {
  return stripAnsi(text).trimStart().split("\n", 1)[0] ?? "";
}

// An operating system command up to its end, a control sequence, another escape, and every other control character but the tab.
const ANSI = new RegExp(
  [
    "\\u001b\\][^\\u0007\\u001b]*(?:\\u0007|\\u001b\\\\)?",
    "[\\u001b\\u009b]\\[?[0-?]*[ -/]*[@-~]",
    "[\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f]",
  ].join("|"),
  "g",
);

/**
 * @param {number} value
 * @param {number} digits
 * @returns {string} without zeros at the end
 */
function trim(value, digits) {
  return String(Number(value.toFixed(digits)));
}
