import { byId, h, setText } from "./dom.js";

/** How long a success is shown; a failure stays until it is closed. */
const SHOWN_MS = 6_000;

/**
 * Says what an action came to: to see, and to hear.
 *
 * @param {string} text
 * @param {{ isFailure?: boolean }} [options]
 */
export function announce(text, { isFailure = false } = {}) {
  const close = h("button", { type: "button", class: "quiet", "aria-label": "Close this message" }, "✕");
  const toast = h("div", { class: isFailure ? "toast failed" : "toast" }, h("p", {}, text), close);
  close.addEventListener("click", () => toast.remove());
  if (!isFailure) setTimeout(() => toast.remove(), SHOWN_MS);
  byId("toasts").append(toast);
  const spoken = byId("announcements");
  setText(spoken, "");
  requestAnimationFrame(() => setText(spoken, text)); // the same text once more is news, too
}
