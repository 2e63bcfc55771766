import type { JSONWebKeySet } from "jose";
import { SwitchboardError } from "../base/errors.ts";
import { checkKnownOptions, durationOption, fail, textOption, within } from "../base/options.ts";

/**
 * Tokens that somebody else issues: JSON Web Tokens (RFC 7519) with `exp`, and the claim `role`, which is `viewer` or
 * `operator`. Exactly one of `secret`, `jwks` and `jwksUrl` says how their signature is checked.
 *
 * **Lifetime.** Read once, at the call. The keys of `jwksUrl` are fetched when the first token comes, and again when they
 * are 10 minutes old or a token names one that is not known, at most every 30 s.
 *
 * **Failure.** A wrong or unknown option throws `INVALID_OPTION` at the call. A token that fails a check gets 401; while
 * the keys cannot be fetched, all get 503.
 */
export interface ControlJwtConfig {
  /** For HS256, HS384 and HS512: at least 32 bytes. @default none */
  secret?: string | undefined;
  /** The public keys themselves, for RS*, PS*, ES* and EdDSA. @default none */
  jwks?: JSONWebKeySet | undefined;
  /** Where the public keys are. @default none */
  jwksUrl?: string | URL | undefined;
  /** How long a fetch of `jwksUrl` may take. @default 5000 */
  jwksTimeoutMs?: number | undefined;
  /** What `aud` has to name. @default not checked */
  audience?: string | undefined;
  /** What `iss` has to be. @default not checked */
  issuer?: string | undefined;
}

/**
 * Options of the control API.
 *
 * **Lifetime.** Read once, at the call.
 *
 * **Failure.** A wrong or unknown option throws `INVALID_OPTION` at the call.
 */
export interface ControlConfig {
  /** What an operator shows as `Authorization: Bearer TOKEN`: at least 16 characters. @default a random one */
  token?: string | undefined;
  /** Tokens that somebody else issues. @default none */
  jwt?: ControlJwtConfig | undefined;
}

/** How the signature of a token is checked. */
type JwtKeys =
  | { kind: "secret"; secret: Uint8Array }
  | { kind: "jwks"; jwks: JSONWebKeySet }
  | { kind: "url"; url: URL; timeoutMs: number };

/** A {@link ControlJwtConfig} that was checked. */
export interface JwtSettings {
  keys: JwtKeys;
  audience: string | undefined;
  issuer: string | undefined;
}

/** A {@link ControlConfig} that was checked. */
export interface ControlSettings {
  token: string | undefined;
  jwt: JwtSettings | undefined;
}

/** What can be sent in a header field as it is (RFC 6750 section 2.1). */
const TOKEN = /^[A-Za-z0-9._~+/-]{16,512}=*$/;
/** What HMAC with SHA-256 asks for (RFC 7518 section 3.2). */
const SECRET_BYTES = 32;

/** Checks the option `control`; `undefined` is off. */
export function resolveControl(control: boolean | ControlConfig): ControlSettings | undefined {
  if (control === false) return undefined;
  const config = control === true ? {} : control;
  checkKnownOptions("control", config, ["token", "jwt"]);
  const { token, jwt } = config;
  if (token !== undefined && !(typeof token === "string" && TOKEN.test(token))) {
    failSecretly("control.token", "16 to 512 letters, digits, - . _ ~ + or /", token);
  }
  return { token, jwt: jwt === undefined ? undefined : within("control", () => resolveJwt(jwt)) };
}

function resolveJwt(jwt: ControlJwtConfig): JwtSettings {
  checkKnownOptions("jwt", jwt, ["secret", "jwks", "jwksUrl", "jwksTimeoutMs", "audience", "issuer"]);
  const { audience, issuer } = jwt;
  return {
    keys: resolveKeys(jwt),
    audience: audience === undefined ? undefined : textOption("jwt.audience", audience),
    issuer: issuer === undefined ? undefined : textOption("jwt.issuer", issuer),
  };
}

function resolveKeys({ secret, jwks, jwksUrl, jwksTimeoutMs }: ControlJwtConfig): JwtKeys {
  const given = [secret, jwks, jwksUrl].filter((key) => key !== undefined);
  if (given.length !== 1) fail("jwt", "with exactly one of secret, jwks and jwksUrl", `${given.length} of them`);
  const timeoutMs = durationOption("jwt.jwksTimeoutMs", jwksTimeoutMs ?? 5_000, 1);
  if (secret !== undefined) return { kind: "secret", secret: secretOption(secret) };
  if (jwks !== undefined) return { kind: "jwks", jwks: jwksOption(jwks) };
  return { kind: "url", url: urlOption(jwksUrl), timeoutMs };
}

/** `fail` for what is a secret: its value is not told. */
function failSecretly(option: string, rule: string, value: unknown): never {
  const got = typeof value === "string" ? `${value.length} characters that are not shown` : `a ${typeof value}`;
  throw new SwitchboardError("INVALID_OPTION", `${option} must be ${rule}, got ${got}`, { option });
}

function secretOption(secret: unknown): Uint8Array {
  const bytes = typeof secret === "string" ? new TextEncoder().encode(secret) : undefined;
  if (bytes !== undefined && bytes.length >= SECRET_BYTES) return bytes;
  return failSecretly("jwt.secret", `text of at least ${SECRET_BYTES} bytes`, secret);
}

function jwksOption(jwks: unknown): JSONWebKeySet {
  const keys = (jwks as Partial<JSONWebKeySet> | null)?.keys;
  const isPublic = (key: unknown) =>
    typeof key === "object" && key !== null && "kty" in key && key.kty !== "oct" && !("d" in key);
  if (Array.isArray(keys) && keys.length > 0 && keys.every(isPublic)) return jwks as JSONWebKeySet;
  return fail("jwt.jwks", "{ keys: [...] } with at least one public key", typeof jwks);
}

function urlOption(url: unknown): URL {
  try {
    const parsed = new URL(String(url));
    if (parsed.protocol === "https:" || parsed.protocol === "http:") return parsed;
  } catch {
    // said below
  }
  return fail("jwt.jwksUrl", "the http: or https: URL of a JWK set", url);
}
