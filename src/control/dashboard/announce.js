import { byId, h, setText } from "./dom.js";
import { firstLine, stripAnsi } from "./format.js";

/** How long a message is shown; the reason of a failure stays in the events, and where it belongs. */
const SHOWN_MS = 6_000;
const FAILURE_SHOWN_MS = 12_000;

/**
 * Says what an action came to, or the first line of it: to see, and to hear. It takes the place of what was said before, goes by itself, and not
 * while somebody points at it or has the focus in it.
 *
 * @param {string} text
 * @param {{ isFailure?: boolean }} [options]
 */
export function announce(text, { isFailure = false } = {}) {
  const close = h("button", { type: "button", class: "quiet", "aria-label": "Close this message" }, "✕");
  const shown = firstLine(text);
  const whole = stripAnsi(text);
  const message = h("p", { title: whole === shown ? undefined : whole }, shown);
  const toast = h("div", { class: isFailure ? "toast failed" : "toast" }, message, close);
  close.addEventListener("click", () => toast.remove());
  leaveAfter(toast, isFailure ? FAILURE_SHOWN_MS : SHOWN_MS);
  byId("toasts").replaceChildren(toast);
  const spoken = byId("announcements");
  setText(spoken, "");
  requestAnimationFrame(() => setText(spoken, shown)); // the same text once more is news, too
}

/** Takes back what was said: it belonged to what the page has shown before. */
export function hush() {
  byId("toasts").replaceChildren();
  setText(byId("announcements"), "");
}

/**
 * @param {HTMLElement} toast
 * @param {number} ms
 */
function leaveAfter(toast, ms) {
  const leave = () => (toast.matches(":hover, :focus-within") ? setTimeout(leave, 1_000) : toast.remove());
  setTimeout(leave, ms);
}
