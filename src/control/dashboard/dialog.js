import { h } from "./dom.js";

/** @import { Child } from "./dom.js" */

/**
 * Opens a dialog that is gone when it is closed; the browser gives the focus back to where it was.
 *
 * @param {Child} title
 * @param {(close: () => void) => Child[]} content
 * @returns {HTMLDialogElement}
 */
export function showDialog(title, content) {
  const close = () => dialog.close();
  const heading = h("h2", { id: "dialog-title" }, title);
  const body = h("div", { class: "dialog-body" }, heading);
  const dialog = h("dialog", { "aria-labelledby": "dialog-title" }, body);
  for (const child of content(close)) if (child instanceof Node) body.append(child);
  const hasButtons = body.querySelector(".buttons") !== null;
  if (!hasButtons)
    body.append(h("div", { class: "buttons" }, h("button", { type: "button", onclick: close }, "Close")));
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("click", ({ target }) => target === dialog && close()); // beside it
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

/**
 * Asks before something is interrupted.
 *
 * @param {{ title: string, text: string, button: string }} question
 * @returns {Promise<boolean>}
 */
export function confirmAction({ title, text, button }) {
  return new Promise((resolve) => {
    const dialog = showDialog(title, (close) => [
      h("p", {}, text),
      h(
        "div",
        { class: "buttons" },
        h("button", { type: "button", onclick: close }, "Cancel"),
        h("button", { type: "button", class: "main", onclick: () => dialog.close("yes") }, button),
      ),
    ]);
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"));
  });
}
