import { h, setText } from "./dom.js";
import { formatAge, formatCount, stripAnsi } from "./format.js";

/** @import { Service } from "./types.d.ts" */

/** Why a hostname has failed: the first thing to see. */
export class FailureNote {
  #title = h("h2", {});
  #message = h("p", { class: "mono" });
  #when = h("p", { class: "muted" });
  #output = h("pre", { class: "mono", tabindex: 0, role: "region", "aria-label": "What it printed last" });
  element = h(
    "section",
    { class: "failure", hidden: true, "aria-label": "Why it failed" },
    this.#title,
    this.#message,
    this.#output,
    this.#when,
  );

  /** @param {Service} service */
  show({ failure, state }) {
    this.element.hidden = failure === null;
    if (failure === null) return;
    setText(this.#title, state === "running" ? "It runs, but has failed before" : "Why it failed");
    setText(this.#message, stripAnsi(failure.message));
    setText(this.#output, failure.output.map(stripAnsi).join("\n"));
    this.#output.hidden = failure.output.length === 0;
    const { retryAfterMs, failures } = failure;
    const again =
      retryAfterMs > 0 ? `it can start again in ${formatAge(retryAfterMs)}` : "the next request starts it again";
    const next = state === "running" ? "" : `; ${again}`;
    setText(this.#when, `${formatCount(failures, "failure")} since it was last well${next}.`);
  }
}
