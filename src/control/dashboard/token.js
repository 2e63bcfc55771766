/** The token lives as long as the tab: it is in no cookie, and no page of another origin can read it. */
const KEY = "switchboard-token";

/**
 * Whether this page is at a loopback name. The app for `default` has the same origin there: whatever the tab keeps, its
 * pages can read. So no token is taken or kept then.
 */
export const isShared = /^(?:localhost|127\.0\.0\.1|\[::1\])\.?$/.test(location.hostname);

/** @returns {string | undefined} */
export function readToken() {
  return isShared ? undefined : (sessionStorage.getItem(KEY) ?? undefined);
}

/** @param {string | undefined} token */
export function keepToken(token) {
  if (token === undefined) sessionStorage.removeItem(KEY);
  else if (!isShared) sessionStorage.setItem(KEY, token);
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

const PORT = `--port ${location.port || 80}`;

/** Where an operator finds the token. Only the command knows where state files are: the environment says so. */
export const WHERE_TOKEN_IS = `It is in the address of this page that the switchboard prints on a terminal (“Look”). On its machine, “switchboard open --with-token ${PORT}” opens that, and “switchboard status ${PORT}” says which file it is in.`;

/**
 * Why a token that was good once is refused. That of the switchboard itself is good until it ends; a JSON Web Token, which
 * has three parts, expires.
 *
 * @param {string} token
 * @returns {string}
 */
export function whyRefused(token) {
  return token.split(".").length === 3
    ? "The token of this tab is not valid any more: actions need another one."
    : "The switchboard was restarted, and its token is new: actions need that one.";
}
