import { readToken } from "./token.js";

/** @import { Problem } from "./types.d.ts" */

/** An answer that is not the wanted one. Its message is what people are shown. */
export class ApiError extends Error {
  name = "ApiError";

  /**
   * @param {number} status
   * @param {Problem} problem
   */
  constructor(status, problem) {
    super(problem.detail ?? problem.title ?? `the switchboard answered with status ${status}`);
    this.status = status;
    this.field = problem.field;
  }
}

/**
 * Asks the API. The path is relative to the page, wherever that is mounted.
 *
 * @template T
 * @param {string} path
 * @param {{ method?: string, body?: object, signal?: AbortSignal, token?: string | undefined }} [options]
 * @returns {Promise<T>}
 */
export async function ask(path, { method = "GET", body, signal, token = readToken() } = {}) {
  const response = await send(path, {
    method,
    headers: { ...headers(token), ...(body === undefined ? {} : { "content-type": "application/json" }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal === undefined ? {} : { signal }),
  });
  return response.status === 204 ? /** @type {T} */ (undefined) : response.json();
}

/**
 * Asks for a stream of events.
 *
 * @param {string} path
 * @param {AbortSignal} signal
 * @returns {Promise<ReadableStream<Uint8Array>>}
 */
export async function openStream(path, signal) {
  const response = await send(path, { signal, headers: { ...headers(readToken()), accept: "text/event-stream" } });
  if (response.body === null) throw new Error("the switchboard answered without a body");
  return response.body;
}

/**
 * A path of the API about a hostname.
 *
 * @param {string} hostname
 * @param {string} [action]
 * @returns {string}
 */
export function servicePath(hostname, action) {
  return `api/services/${encodeURIComponent(hostname)}${action === undefined ? "" : `/${action}`}`;
}

/**
 * @param {string} path
 * @param {RequestInit} init
 * @returns {Promise<Response>}
 */
async function send(path, init) {
  const response = await fetch(path, { ...init, cache: "no-store", redirect: "error" }).catch((error) => {
    if (error instanceof TypeError) throw new Error("the switchboard does not answer"); // browsers say "Failed to fetch"
    throw error;
  });
  if (response.ok) return response;
  const problem = await response.json().catch(() => ({}));
  throw new ApiError(response.status, problem);
}

/**
 * @param {string | undefined} token
 * @returns {Record<string, string>}
 */
function headers(token) {
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}
