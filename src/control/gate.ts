import type { NextFunction, Request, Response } from "express";
import { answerProblem } from "./answer.ts";

/** The names under which the switchboard itself is reached. A page of another name may be anybody's (DNS rebinding). */
const OWN_HOST = /^(?:switchboard\.localhost|localhost|127\.0\.0\.1)\.?(?::\d{1,5})?$|^\[::1\](?::\d{1,5})?$/i;

/** Nothing but what comes from here: no inline script, no other site, in no frame. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const FIELDS: Readonly<Record<string, string>> = {
  "Cache-Control": "no-store",
  "Content-Security-Policy": POLICY,
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
};

/** The first that every request meets: sets the fields of the answer, and refuses what a page of another site may ask. */
export function gate(request: Request, response: Response, next: NextFunction): void {
  response.set(FIELDS);
  const { host = "", origin } = request.headers;
  if (!OWN_HOST.test(host)) {
    if (request.path.endsWith("/health"))
      next(); // it belongs to the switchboard under every name, and tells nothing
    else refuse(response, 421, "MISDIRECTED", "the switchboard answers on switchboard.localhost and on loopback names");
  } else if (origin !== undefined && origin.toLowerCase() !== `http://${host.toLowerCase()}`) {
    refuse(response, 403, "FOREIGN_ORIGIN", "a page of another origin may not ask the switchboard");
  } else if (isForeign(request)) {
    refuse(response, 403, "FOREIGN_ORIGIN", "a page of another site may not ask the switchboard");
  } else {
    next();
  }
}

/** Browsers say so (Fetch Metadata); a link that somebody follows is no such request. */
function isForeign({ headers }: Request): boolean {
  const site = headers["sec-fetch-site"];
  if (site === undefined || site === "same-origin" || site === "none") return false;
  return headers["sec-fetch-mode"] !== "navigate";
}

function refuse(response: Response, status: number, code: string, detail: string): void {
  answerProblem(response, { status, code, detail });
}
