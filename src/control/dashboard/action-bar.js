import { ACTIONS, attempt, isWanted, OPEN_BREAKER, PIN, RESET_BREAKER } from "./actions.js";
import { h, setAttribute, setText } from "./dom.js";
import { showFaultDialog } from "./fault-dialog.js";
import { showScaleDialog } from "./scale-dialog.js";
import { WHERE_TOKEN_IS } from "./token.js";
import { createTokenEntry } from "./token-form.js";

/** @import { Action } from "./actions.js" */
/** @import { Store } from "./store.js" */
/** @import { Service } from "./types.d.ts" */

/** What can be done with one hostname; without a token it says what is missing. */
export class ActionBar {
  #store;
  /** @type {Service | undefined} */
  #service;
  /** @type {{ action: Action, button: HTMLButtonElement }[]} */
  #buttons = [];
  #isThere = true;
  /** @type {Action | undefined} */
  #running;
  #scale = h(
    "button",
    { type: "button", onclick: () => this.#service && showScaleDialog(this.#service, this.#store) },
    "Scale…",
  );
  #fault = h(
    "button",
    { type: "button", onclick: () => this.#service && showFaultDialog(this.#service, this.#store) },
    "Fault…",
  );
  #group = h("div", {
    class: "actions",
    role: "group",
    tabindex: -1,
    "aria-label": "Actions",
    "aria-describedby": "access-note",
  });
  #note = h("p", { id: "access-note" });
  #access;

  /**
   * @param {Store} store
   * @param {() => void} onToken
   */
  constructor(store, onToken) {
    this.#store = store;
    const create = (/** @type {Action} */ action) => {
      const button = h("button", { type: "button", onclick: () => this.#run(action) }, action.label);
      this.#buttons.push({ action, button });
      return button;
    };
    this.#group.append(
      ...ACTIONS.map(create),
      this.#scale,
      create(PIN),
      this.#fault,
      create(OPEN_BREAKER),
      create(RESET_BREAKER),
    );
    this.#access = h("div", { class: "access", hidden: true }, this.#note, createTokenEntry(onToken));
    this.element = h("div", {}, this.#group, this.#access);
  }

  /**
   * @param {Service} service
   * @param {{ isThere: boolean }} what whether the switchboard knows it: what it does not know can be started, and no more
   */
  show(service, { isThere }) {
    const focused = document.activeElement;
    this.#service = service;
    this.#isThere = isThere;
    const { session, refusal } = this.#store;
    const canWrite = session?.canWrite === true;
    for (const { action, button } of this.#buttons) {
      const isRunning = this.#running === action;
      const isPossible = isRunning || (this.#running === undefined && action.isPossible(service));
      button.disabled = !canWrite || !isPossible;
      setAttribute(button, "aria-disabled", isRunning ? "true" : undefined); // it keeps the focus
      const label = action === PIN && service.pinned ? "Unpin" : action.label;
      setText(button, isRunning ? action.doing : label);
      if (action === OPEN_BREAKER || action === RESET_BREAKER) button.hidden = !action.isPossible(service);
      if (action === PIN) button.hidden = !isThere;
    }
    this.#scale.hidden = !isThere;
    this.#scale.disabled = this.#fault.disabled = !canWrite;
    setText(this.#note, `${refusal ?? "Actions need the operator token."} ${WHERE_TOKEN_IS}`);
    this.#access.hidden = canWrite || session === undefined;
    if (this.element.contains(focused) && focused?.matches(":disabled, [hidden], [hidden] *")) this.#focusAny();
  }

  /** What had the focus cannot have it any more: the keyboard goes on beside it, and not at the top of the page. */
  #focusAny() {
    const buttons = [...this.#group.children].filter((child) => child instanceof HTMLButtonElement);
    (buttons.find(({ disabled, hidden }) => !disabled && !hidden) ?? this.#group).focus();
  }

  /** @param {Action} action */
  async #run(action) {
    const service = this.#service;
    if (service === undefined || this.#running !== undefined || !(await isWanted(action, service))) return;
    this.#running = action;
    this.#again(service);
    await attempt(() => action.run(service), this.#store);
    this.#running = undefined;
    this.#again(service);
  }

  /** Shows it as it is known by now. @param {Service} service */
  #again(service) {
    const known = this.#store.services.get(service.hostname);
    this.show(known ?? this.#service ?? service, { isThere: this.#isThere });
  }
}
