/** The token lives as long as the tab: it is in no cookie, and no other page can read it. */
const KEY = "switchboard-token";

/** @returns {string | undefined} */
export function readToken() {
  return sessionStorage.getItem(KEY) ?? undefined;
}

/** @param {string | undefined} token */
export function keepToken(token) {
  if (token === undefined) sessionStorage.removeItem(KEY);
  else sessionStorage.setItem(KEY, token);
}

/**
 * Takes the token out of the address bar, so that it is in no bookmark and on no shared screen.
 *
 * @returns {boolean} whether there was one
 */
export function takeTokenFromAddress() {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (token === null || location.hash.startsWith("#/")) return false;
  keepToken(token);
  history.replaceState(null, "", "#/");
  return true;
}
