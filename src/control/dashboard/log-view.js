import { ask } from "./api.js";
import { h, setAttribute, setText } from "./dom.js";
import { stripAnsi } from "./format.js";

/** @import { LogLine } from "./types.d.ts" */

/** How many lines are kept: as many as the switchboard keeps. */
const LINES = 1_000;

/** What the server of a hostname has printed, and prints. */
export class LogView {
  #hostname;
  #lines = h("div", { class: "log", role: "log", "aria-live": "off", "aria-label": "Log", tabindex: 0 });
  #empty = h(
    "p",
    { class: "grid-empty" },
    "No output. That of commands and threads is kept while they run; inline apps print to the terminal of the switchboard.",
  );
  #follow = h(
    "button",
    { type: "button", "aria-pressed": "true", onclick: () => this.#setFollowing(!this.#isFollowing) },
    "Follow",
  );
  #isFollowing = true;
  /** @type {LogLine[]} */
  #added = [];
  /** The element of a line that has no end yet. @type {Map<string, HTMLElement>} */
  #open = new Map();
  #isScheduled = false;
  /** What was asked for, until the first lines come by themselves: those may begin with its end. @type {LogLine[]} */
  #known = [];
  #abort = new AbortController();

  /** @param {string} hostname */
  constructor(hostname) {
    this.#hostname = hostname;
    const legend = h("span", { class: "muted" }, "stderr is marked with a bar");
    this.element = h(
      "div",
      { class: "log-view" },
      h("div", { class: "toolbar" }, this.#follow, legend),
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
    /** @type {Promise<{ lines: LogLine[] }>} */ (
      ask(`api/logs/${encodeURIComponent(this.#hostname)}?lines=${LINES}`, { signal: this.#abort.signal })
    )
      .then(({ lines }) => {
        this.#lines.replaceChildren();
        this.#open.clear();
        this.#added = [];
        this.add(lines);
        this.#known = lines;
      })
      .catch(() => {}); // the connection's own state is shown at the top
  }

  /** @param {LogLine[]} lines */
  add(lines) {
    this.#added.push(...lines.slice(overlap(this.#known, lines)));
    this.#known = [];
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

  #show() {
    this.#isScheduled = false;
    const added = document.createDocumentFragment();
    for (const line of this.#added.splice(0)) {
      const element = this.#open.get(line.stream) ?? h("div", { class: `line ${line.stream}` });
      if (!this.#open.has(line.stream)) added.append(element);
      setText(element, stripAnsi(line.text) || " ");
      if (line.complete) this.#open.delete(line.stream);
      else this.#open.set(line.stream, element);
    }
    this.#lines.append(added);
    while (this.#lines.childElementCount > LINES) this.#lines.firstElementChild?.remove();
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

/**
 * With how many lines `next` repeats the end of `known`.
 *
 * @param {readonly LogLine[]} known
 * @param {readonly LogLine[]} next
 * @returns {number}
 */
function overlap(known, next) {
  for (let count = Math.min(known.length, next.length); count > 0; count -= 1) {
    const end = known.slice(-count);
    if (end.every(({ text, stream }, i) => text === next[i]?.text && stream === next[i].stream)) return count;
  }
  return 0;
}
