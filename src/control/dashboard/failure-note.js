import { h, setText } from "./dom.js";
import { firstLine, formatCount, formatMs, stripAnsi } from "./format.js";

/** @import { Service } from "./types.d.ts" */

/** Why a hostname has failed: the first thing to see. Of one that runs again it is a line, which opens. */
export class FailureNote {
  #title = h("h2", {});
  #brief = h("span", { class: "brief mono" });
  #message = h("p", { class: "mono" });
  #when = h("p", { class: "muted" });
  #output = h("pre", { class: "mono", tabindex: 0, role: "region", "aria-label": "What it printed last" });
  #details = h(
    "details",
    { open: true },
    h("summary", {}, this.#title, this.#brief),
    this.#message,
    this.#output,
    this.#when,
  );
  element = h("section", { class: "failure", hidden: true, "aria-label": "Why it failed" }, this.#details);
  #isOver = false;

  /** @param {Service} service */
  show({ failure, state }) {
    this.element.hidden = failure === null;
    if (failure === null) return;
    this.#turn(state === "running");
    const message = stripAnsi(failure.message);
    setText(this.#title, this.#isOver ? "It runs, but has failed before" : "Why it failed");
    setText(this.#brief, this.#isOver ? firstLine(message) : "");
    setText(this.#message, message);
    this.#showOutput(failure.output.map(stripAnsi).join("\n"));
    setText(this.#when, `${formatCount(failure.failures, "failure")} since it was last well${nextOf(state, failure)}.`);
  }

  /** @param {string} output what was printed last is what tells most: it is at the end */
  #showOutput(output) {
    this.#output.hidden = output === "";
    if (this.#output.textContent === output) return;
    setText(this.#output, output);
    this.#output.scrollTop = this.#output.scrollHeight;
  }

  /** @param {boolean} isOver whether it runs again: only a change opens or closes, since people do so, too */
  #turn(isOver) {
    if (isOver === this.#isOver) return;
    this.#isOver = isOver;
    this.#details.open = !isOver;
    this.element.classList.toggle("over", isOver);
  }
}

/**
 * What comes next.
 *
 * @param {Service["state"]} state
 * @param {{ retryAfterMs: number }} failure
 */
function nextOf(state, { retryAfterMs }) {
  if (state === "running") return "";
  if (state === "starting") return "; it is being started again";
  if (retryAfterMs > 0) return `; it can start again in ${formatMs(retryAfterMs)}`;
  return "; the next request starts it again";
}
