import { ask } from "./api.js";
import { h, setText } from "./dom.js";
import { formatAge, formatCount, stripAnsi } from "./format.js";

/** @import { LogLine, Service } from "./types.d.ts" */

/** How many of the last lines that it printed are shown. */
const LINES = 15;

/** Why a hostname has failed: the first thing to see. */
export class FailureNote {
  #hostname;
  #title = h("h2", {});
  #message = h("p", { class: "mono" });
  #when = h("p", { class: "muted" });
  #output = h("pre", { class: "mono", tabindex: 0, "aria-label": "What it printed last", hidden: true });
  /** What the output is about: it is asked for again after another failure. */
  #shown = "";
  element;

  /** @param {string} hostname */
  constructor(hostname) {
    this.#hostname = hostname;
    this.element = h(
      "section",
      { class: "failure", hidden: true, "aria-label": "Why it failed" },
      this.#title,
      this.#message,
      this.#output,
      this.#when,
    );
  }

  /** @param {Service} service */
  show(service) {
    const { failure } = service;
    this.element.hidden = failure === null;
    if (failure === null) {
      this.#shown = "";
      return;
    }
    const isRunning = service.state === "running";
    setText(this.#title, isRunning ? "It has failed before" : "Why it failed");
    setText(this.#message, failure.message);
    const { retryAfterMs } = failure;
    const again =
      retryAfterMs === null || retryAfterMs <= 0
        ? "the next request starts it"
        : `it can start again in ${formatAge(retryAfterMs)}`;
    setText(this.#when, `${formatCount(failure.failures, "failure")} one after the other; ${again}.`);
    const about = `${failure.failures} ${failure.message}`;
    if (about !== this.#shown) this.#load(about);
  }

  /** @param {string} about */
  #load(about) {
    this.#shown = about;
    /** @type {Promise<{ lines: LogLine[] }>} */ (ask(`api/logs/${encodeURIComponent(this.#hostname)}?lines=${LINES}`))
      .then(({ lines }) => {
        this.#output.hidden = lines.length === 0;
        setText(this.#output, lines.map(({ text }) => stripAnsi(text)).join("\n"));
        this.#output.scrollTop = this.#output.scrollHeight;
      })
      .catch(() => {}); // the message is there all the same
  }
}
