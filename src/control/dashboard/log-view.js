import { ask } from "./api.js";
import { h, setAttribute, setText } from "./dom.js";
import { stripAnsi } from "./format.js";

/** @import { LogLine } from "./types.d.ts" */

/** How many lines are kept: as many as the switchboard keeps. */
const LINES = 1_000;

const LEGEND = "stderr is marked with a bar";

/** What the server of a hostname has printed, and prints. */
export class LogView {
  #hostname;
  #lines = h("div", { class: "log", role: "log", "aria-live": "off", "aria-label": "Log", tabindex: 0 });
  #empty = h(
    "p",
    { class: "grid-empty" },
    "No output. That of commands and threads is kept while they run, and the end of it when they fail; inline apps print to the terminal of the switchboard.",
  );
  #follow = h(
    "button",
    { type: "button", "aria-pressed": "true", onclick: () => this.#setFollowing(!this.#isFollowing) },
    "Follow",
  );
  #legend = h("span", { class: "muted" }, LEGEND);
  #isFollowing = true;
  /** @type {LogLine[]} */
  #added = [];
  /** What is shown, by number, in the order of the page. @type {Map<number, { element: HTMLElement, complete: boolean }>} */
  #shown = new Map();
  #isScheduled = false;
  /** What comes while what was printed before is asked for: it is shown after that. @type {LogLine[] | undefined} */
  #held;
  #abort = new AbortController();

  /** @param {string} hostname */
  constructor(hostname) {
    this.#hostname = hostname;
    this.element = h(
      "div",
      { class: "log-view" },
      h("div", { class: "toolbar" }, this.#follow, this.#legend),
      this.#lines,
      this.#empty,
    );
    this.#lines.addEventListener("wheel", ({ deltaY }) => deltaY < 0 && this.#setFollowing(false), { passive: true });
    this.#lines.addEventListener("keydown", ({ key }) => {
      if (key === "ArrowUp" || key === "PageUp" || key === "Home") this.#setFollowing(false);
      if (key === "End") this.#setFollowing(true);
    });
  }

  /** Asks for what was printed before. */
  load() {
    this.#abort.abort();
    this.#abort = new AbortController();
    this.#held = [];
    const { signal } = this.#abort;
    const path = `api/logs/${encodeURIComponent(this.#hostname)}?lines=${LINES}`;
    /** @type {Promise<{ from: string | null, lines: LogLine[] }>} */ (ask(path, { signal }))
      .catch(() => ({ from: null, lines: [] })) // nothing is known of it yet; the connection's own state is shown at the top
      .then(({ from, lines }) => {
        if (signal.aborted) return;
        const isFailure = from === "failure" && lines.length > 0;
        setText(this.#legend, isFailure ? `The end of what it printed before it failed; ${LEGEND}` : LEGEND);
        this.#begin(lines);
      });
  }

  /** @param {LogLine[]} lines */
  add(lines) {
    if (this.#held !== undefined) {
      this.#held = [...this.#held, ...lines].slice(-LINES);
      return;
    }
    this.#added.push(...lines);
    if (this.#added.length > LINES) this.#added = this.#added.slice(-LINES);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    requestAnimationFrame(() => this.#show());
  }

  /** Where the log is shown: it could not scroll before. */
  shown() {
    this.#scroll();
  }

  close() {
    this.#abort.abort();
  }

  /** @param {LogLine[]} lines what was printed before */
  #begin(lines) {
    const held = this.#held ?? [];
    this.#held = undefined;
    this.#lines.replaceChildren();
    this.#shown.clear();
    this.#added = [];
    this.add([...lines, ...held]);
  }

  #show() {
    this.#isScheduled = false;
    const added = document.createDocumentFragment();
    for (const { seq, stream, text, complete } of this.#added.splice(0)) {
      const known = this.#shown.get(seq);
      if (known?.complete) continue; // it was asked for, and has come by itself
      const element = known?.element ?? h("div", { class: `line ${stream}` });
      if (known === undefined) added.append(element);
      setText(element, stripAnsi(text) || " ");
      this.#shown.set(seq, { element, complete });
    }
    this.#lines.append(added);
    for (const [seq, { element }] of this.#shown) {
      if (this.#shown.size <= LINES) break;
      element.remove();
      this.#shown.delete(seq);
    }
    this.#empty.hidden = this.#lines.childElementCount > 0;
    this.#lines.hidden = !this.#empty.hidden;
    this.#scroll();
  }

  /** @param {boolean} isFollowing */
  #setFollowing(isFollowing) {
    this.#isFollowing = isFollowing;
    setAttribute(this.#follow, "aria-pressed", String(isFollowing));
    this.#scroll();
  }

  #scroll() {
    if (this.#isFollowing) this.#lines.scrollTop = this.#lines.scrollHeight;
  }
}
