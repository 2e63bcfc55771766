import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { createRateLimiter } from "../resilience/rate-limiter.ts";
import { createClientOf, createRequestClientOf } from "../server/client.ts";
import { networkOf } from "../server/network.ts";
import { isLocal } from "../server/problem.ts";
import type { JwtSettings } from "./config.ts";
import { ControlError } from "./control-error.ts";
import type { Access } from "./endpoint.ts";
import { createVerifyJwt, type Role, type VerifyJwt } from "./jwt.ts";

/** Who asks. */
export interface Caller {
  /** `none` may do nothing but show a token. */
  role: Role | "none";
  /** Whether the connection comes from this machine, and nobody forwards for another. */
  local: boolean;
}

/** How often a client may ask, by what it asks for. */
const LIMITS = { limit: 1_000, windowMs: 10_000, tiers: { write: { limit: 200, windowMs: 10_000 } }, maxKeys: 10_000 };
/** How often a client may show a wrong token. */
const WRONG_TOKENS = { limit: 10, windowMs: 60_000, maxKeys: 10_000 };

/** No address. */
const OPERATOR = "operator";

const clientOf = createRequestClientOf(createClientOf([]));

/** What a client is counted by. */
function keyOf(request: IncomingMessage): string {
  return networkOf(clientOf(request).address);
}

/** Decides who may ask for what, and how often. It remembers digests of no token but its own. */
export class Auth {
  readonly #token: Buffer;
  readonly #verifyJwt: VerifyJwt | undefined;
  readonly #requests = createRateLimiter(LIMITS);
  readonly #wrong = createRateLimiter(WRONG_TOKENS);

  constructor(token: string, jwt: JwtSettings | undefined) {
    this.#token = digest(token);
    this.#verifyJwt = jwt && createVerifyJwt(jwt);
  }

  /** Throws when a client asks too often. */
  count(request: IncomingMessage): void {
    const tier = request.method === "GET" || request.method === "HEAD" ? "default" : "write";
    // The operator has a limit of his own: nobody else uses it up.
    const key = this.#isOwn(tokenOf(request)) ? OPERATOR : keyOf(request);
    const { allowed, retryAfterMs } = this.#requests.consume(key, { tier });
    if (!allowed) throw tooMany("too many requests", retryAfterMs);
  }

  /** Throws unless whoever asks may do it. */
  async authorize(request: IncomingMessage, access: Access): Promise<void> {
    if (access === "open") return;
    const { role } = await this.caller(request);
    if (role === "none") throw unauthorized("a token is needed: Authorization: Bearer TOKEN");
    if (access === "read" || role === "operator") return;
    const given = request.headers.authorization !== undefined;
    if (!given)
      throw unauthorized("whatever changes something needs the operator's token: Authorization: Bearer TOKEN");
    throw new ControlError({ status: 403, code: "FORBIDDEN", detail: "a viewer may not change anything" });
  }

  /** Who asks. Throws for a token that is not valid. */
  async caller(request: IncomingMessage): Promise<Caller> {
    const local = isLocal(request);
    const { authorization } = request.headers;
    if (authorization === undefined) return { role: local ? "viewer" : "none", local };
    const token = tokenOf(request);
    if (this.#isOwn(token)) return { role: "operator", local };
    const role = await this.#verifyJwt?.(token);
    if (role !== undefined) return { role, local };
    // Last: guessing one is hopeless, and nobody else's wrong tokens lock out whoever has a right one.
    const { allowed, retryAfterMs } = this.#wrong.consume(keyOf(request));
    if (!allowed) throw tooMany("too many wrong tokens", retryAfterMs);
    throw unauthorized("the token is not valid", "invalid_token");
  }

  #isOwn(token: string): boolean {
    return token !== "" && timingSafeEqual(digest(token), this.#token);
  }
}

function tokenOf({ headers: { authorization = "" } }: IncomingMessage): string {
  return /^Bearer +([^\s]+) *$/i.exec(authorization)?.[1] ?? "";
}

/** Of the same length for every token, so that they can be compared in constant time. */
function digest(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}

function unauthorized(detail: string, error?: string): ControlError {
  const challenge = error === undefined ? 'Bearer realm="switchboard"' : `Bearer realm="switchboard", error="${error}"`;
  return new ControlError({ status: 401, code: "UNAUTHORIZED", detail, fields: { "WWW-Authenticate": challenge } });
}

function tooMany(what: string, retryAfterMs: number): ControlError {
  const detail = `${what}; ask again in ${Math.ceil(retryAfterMs / 1_000)} s`;
  return new ControlError({ status: 429, code: "RATE_LIMITED", detail, retryAfterMs });
}
