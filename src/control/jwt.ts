import type { JWTPayload, JWTVerifyGetKey, JWTVerifyOptions } from "jose";
import type { JwtSettings } from "./config.ts";
import { ControlError } from "./control-error.ts";

/** What a token lets its bearer do. */
export type Role = "viewer" | "operator";

/** Whose token it is; `undefined` when it is not valid. Throws when that cannot be found out. */
export type VerifyJwt = (token: string) => Promise<Role | undefined>;

const SECRET_ALGORITHMS = ["HS256", "HS384", "HS512"];
/** Never those of a secret: a public key would be taken for one (algorithm confusion). */
const KEY_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"];

/** Longer ones are not even looked at. */
const LONGEST_TOKEN = 8_192;

/** Makes what verifies tokens. jose is loaded with the first of them. */
export function createVerifyJwt(settings: JwtSettings): VerifyJwt {
  let verify: Promise<(token: string) => Promise<JWTPayload>> | undefined;
  return async (token) => {
    if (token.length > LONGEST_TOKEN) return undefined;
    verify ??= load(settings);
    const { errors } = await import("jose");
    try {
      return roleOf(await (await verify)(token));
    } catch (error) {
      if (error instanceof errors.JWKSTimeout || !(error instanceof errors.JOSEError)) throw unavailable();
      if (error.code === "ERR_JOSE_GENERIC") throw unavailable(); // the set of keys answered with another status, or is none
      return undefined;
    }
  };
}

async function load({ keys, audience, issuer }: JwtSettings): Promise<(token: string) => Promise<JWTPayload>> {
  const { createLocalJWKSet, createRemoteJWKSet, jwtVerify } = await import("jose");
  const options: JWTVerifyOptions = {
    algorithms: keys.kind === "secret" ? SECRET_ALGORITHMS : KEY_ALGORITHMS,
    requiredClaims: ["exp"],
    ...(audience !== undefined && { audience }),
    ...(issuer !== undefined && { issuer }),
  };
  if (keys.kind === "secret") return async (token) => (await jwtVerify(token, keys.secret, options)).payload;
  const getKey: JWTVerifyGetKey =
    keys.kind === "jwks"
      ? createLocalJWKSet(keys.jwks)
      : createRemoteJWKSet(keys.url, {
          timeoutDuration: keys.timeoutMs,
          cooldownDuration: 30_000,
          cacheMaxAge: 600_000,
        });
  return async (token) => (await jwtVerify(token, getKey, options)).payload;
}

function roleOf({ role }: JWTPayload): Role | undefined {
  return role === "viewer" || role === "operator" ? role : undefined;
}

function unavailable(): ControlError {
  const detail = "the keys that tokens are checked with cannot be had now; ask again later";
  return new ControlError({ status: 503, code: "KEYS_UNAVAILABLE", detail, retryAfterMs: 5_000 });
}
