import { showDialog } from "./dialog.js";
import { h, setText } from "./dom.js";
import { keepToken, readToken, WHERE_TOKEN_IS } from "./token.js";
import { createTokenEntry } from "./token-form.js";

/** @import { Live } from "./live.js" */
/** @import { Store } from "./store.js" */

/**
 * The button that says what this page may do, and takes or forgets a token.
 *
 * @param {HTMLElement} button
 * @param {Store} store
 * @param {Live} live
 */
export function showAccess(button, store, live) {
  const update = () => {
    const reader = store.refusal === undefined ? "Read only" : "New token needed";
    setText(button, store.session?.canWrite ? "Operator" : reader);
  };
  button.addEventListener("click", () => {
    const dialog = showDialog("Access", (close) => {
      const done = () => {
        close();
        live.retry();
      };
      const forget = () => {
        keepToken(undefined);
        done();
      };
      const text = store.session?.canWrite
        ? "This tab has a token and may change things. It is forgotten when the tab is closed."
        : `${store.refusal ?? "Everything can be seen. To change something, the operator token is needed."} ${WHERE_TOKEN_IS}`;
      const remove = h("button", { type: "button", onclick: forget }, "Forget the token");
      return [h("p", {}, text), readToken() === undefined ? createTokenEntry(done) : remove];
    });
    dialog.querySelector("input")?.focus();
  });
  store.on(["session"], update);
  update();
}
