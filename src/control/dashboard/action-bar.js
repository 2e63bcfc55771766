import { ACTIONS, attempt, isWanted, OPEN_BREAKER, PIN, RESET_BREAKER } from "./actions.js";
import { h, setText } from "./dom.js";
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
    const group = h("div", {
      class: "actions",
      role: "group",
      "aria-label": "Actions",
      "aria-describedby": "access-note",
    });
    group.append(
      ...ACTIONS.map(create),
      this.#scale,
      create(PIN),
      this.#fault,
      create(OPEN_BREAKER),
      create(RESET_BREAKER),
    );
    const note = h("p", { id: "access-note" }, `Actions need the operator token. ${WHERE_TOKEN_IS}`);
    this.#access = h("div", { class: "access", hidden: true }, note, createTokenEntry(onToken));
    this.element = h("div", {}, group, this.#access);
  }

  /** @param {Service} service */
  show(service) {
    this.#service = service;
    const { session } = this.#store;
    const canWrite = session?.canWrite === true;
    for (const { action, button } of this.#buttons) {
      button.disabled = !canWrite || this.#running !== undefined || !action.isPossible(service);
      const label = action === PIN && service.pinned ? "Unpin" : action.label;
      setText(button, this.#running === action ? action.doing : label);
      if (action === OPEN_BREAKER || action === RESET_BREAKER) button.hidden = !action.isPossible(service);
    }
    this.#scale.disabled = this.#fault.disabled = !canWrite;
    this.#access.hidden = canWrite || session === undefined;
  }

  /** @param {Action} action */
  async #run(action) {
    const service = this.#service;
    if (service === undefined || !(await isWanted(action, service))) return;
    this.#running = action;
    this.show(this.#service ?? service);
    await attempt(() => action.run(service), this.#store);
    this.#running = undefined;
    this.show(this.#service ?? service);
  }
}
