import { ApiError, ask } from "./api.js";
import { h, setText } from "./dom.js";
import { isShared, keepToken } from "./token.js";

/** @import { Session } from "./types.d.ts" */

/**
 * Takes a token that the switchboard accepts; where a token would not be safe, it leads to where it is.
 *
 * @param {() => void} onToken called when there is one
 * @returns {HTMLElement}
 */
export function createTokenEntry(onToken) {
  return isShared ? createWayOut() : createTokenForm(onToken);
}

/** @returns {HTMLElement} */
function createWayOut() {
  const port = location.port === "" ? "" : `:${location.port}`;
  const origin = `http://switchboard.localhost${port}/`;
  const link = h("a", { href: origin + (location.hash.startsWith("#/") ? location.hash : "") }, origin);
  const why = `The app at ${location.origin} could read a token that is given to this page. Actions are at `;
  return h("p", {}, why, link);
}

/**
 * @param {() => void} onToken
 * @returns {HTMLFormElement}
 */
function createTokenForm(onToken) {
  const input = h("input", {
    type: "password",
    placeholder: "Paste token",
    "aria-label": "Token",
    autocomplete: "off",
    required: true,
  });
  const problem = h("p", { class: "problem", role: "alert", hidden: true });
  const form = h("form", { class: "token-form" }, input, h("button", { type: "submit" }, "Use token"), problem);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const token = input.value.trim();
    const reason = await refusalOf(token);
    problem.hidden = reason === undefined;
    setText(problem, reason ?? "");
    if (reason !== undefined) return;
    keepToken(token);
    input.value = "";
    onToken();
  });
  return form;
}

/**
 * Why a token does not help; `undefined` if it does.
 *
 * @param {string} token
 * @returns {Promise<string | undefined>}
 */
async function refusalOf(token) {
  try {
    /** @type {Session} */
    const { role } = await ask("api/session", { token });
    return role === "none" ? "The switchboard does not know this token." : undefined;
  } catch (error) {
    if (error instanceof ApiError) return error.message;
    return "The switchboard does not answer.";
  }
}
