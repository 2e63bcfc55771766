import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import express from "express";
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from "jose";
import { describe, expect, it } from "vitest";
import { createSwitchboard, type RunConfig, type RunningSwitchboard } from "../../src/index.ts";
import { withBoard } from "../support/board.ts";
import { RawClient } from "../support/raw.ts";
import { ControlClient } from "./client.ts";

const SECRET = "a secret of at least thirty-two bytes";
const FAR = { "X-Forwarded-For": "203.0.113.9" };
const hello = () => express().get("/{*path}", (request, response) => void response.send(`app ${request.path}`));
const fault = { hostname: "shop", kind: "abort" };

/** What a bearer of `token` gets for reading and for changing something. */
async function statuses(client: ControlClient, token: string, more: Record<string, string> = {}): Promise<number[]> {
  const headers = { Authorization: `Bearer ${token}`, ...more };
  const read = await client.ask("GET", "/api/services", undefined, headers);
  const write = await client.ask("POST", "/api/faults", fault, headers);
  for (const { body } of [read, write]) expect(JSON.stringify(body)).not.toContain(token);
  return [read.status, write.status];
}

function jwt(claims: object, secret = SECRET, header: object = {}) {
  return new SignJWT({ role: "operator", ...claims })
    .setProtectedHeader({ alg: "HS256", ...header })
    .setExpirationTime("5m")
    .sign(new TextEncoder().encode(secret));
}

describe("who may ask", () => {
  it("reads without a token on this machine, and changes nothing without one", async () => {
    await withBoard({}, async (board) => {
      const client = await ControlClient.open(board);
      expect((await client.get("/api/services")).status).toBe(200);
      const refused = await client.ask("POST", "/api/faults", fault, {});
      expect(refused).toMatchObject({ status: 401, body: { code: "UNAUTHORIZED" } });
      expect(refused.headers.get("www-authenticate")).toBe('Bearer realm="switchboard"');
      expect((await client.get("/api/faults")).body.faults).toEqual([]);
    });
  });

  it("needs a token from elsewhere, also to read", async () => {
    await withBoard({}, async (board) => {
      const client = await ControlClient.open(board);
      for (const path of ["/api/services", "/api/requests", "/api/metrics", "/metrics", "/servers", "/api/logs/x"]) {
        expect((await client.get(path, FAR)).status, path).toBe(401);
        expect((await client.get(path, { Forwarded: "for=203.0.113.9" })).status, path).toBe(401);
      }
      expect((await client.get("/health", FAR)).status).toBe(200);
      expect((await client.get("/api/session", FAR)).body).toMatchObject({
        role: "none",
        canWrite: false,
        local: false,
      });
      expect(await statuses(client, board.control?.token as string, FAR)).toEqual([200, 201]);
      const session = await client.get("/api/session", { Authorization: `Bearer ${board.control?.token}` });
      expect(session.body).toMatchObject({ role: "operator", canWrite: true, local: true });
    });
  });

  it("makes a new token of 32 bytes for each switchboard, or takes the one it is given", async () => {
    const token = "a-token-of-my-own";
    await withBoard({ control: { token } }, async (board) => {
      const other = await createSwitchboard({ basePort: 0 });
      expect(other.control?.token).toMatch(/^[\w-]{43}$/);
      await other.close();
      expect(board.control?.token).toBe(token);
      expect(await statuses(await ControlClient.open(board), token)).toEqual([200, 201]);
    });
  });

  it("refuses wrong tokens, slows whoever shows many, and lets the operator through all the same", async () => {
    await withBoard({}, async (board) => {
      const client = await ControlClient.open(board);
      const wrong = await client.get("/api/services", { Authorization: "Bearer wrong-token-0" });
      expect(wrong).toMatchObject({ status: 401, body: { code: "UNAUTHORIZED" } });
      expect(wrong.headers.get("www-authenticate")).toContain('error="invalid_token"');
      for (const authorization of ["Basic dXNlcjpwYXNz", "Bearer", "Bearer ", `Bearer ${"x".repeat(9_000)}`]) {
        expect((await client.get("/api/services", { Authorization: authorization })).status).toBe(401);
      }
      for (let i = 0; i < 5; i += 1) await client.get("/api/services", { Authorization: `Bearer wrong-${i}` });
      const slowed = await client.get("/api/services", { Authorization: "Bearer wrong-again" });
      expect(slowed).toMatchObject({ status: 429, body: { code: "RATE_LIMITED" } });
      expect(Number(slowed.headers.get("retry-after"))).toBeGreaterThan(0);
      expect(await statuses(client, board.control?.token as string)).toEqual([200, 201]);
    });
  });

  it("limits how often a client may ask", async () => {
    await withBoard({}, async (board) => {
      const client = await ControlClient.open(board);
      const writes = Array.from({ length: 300 }, () => client.ask("POST", "/api/faults", fault, {}));
      const statuses = new Set((await Promise.all(writes)).map(({ status }) => status));
      expect([...statuses].sort()).toEqual([401, 429]);
      expect((await client.get("/api/services")).status).toBe(200); // reading has a limit of its own
      expect((await client.send("POST", "/api/faults", fault)).status).toBe(201); // and so has the operator
      expect((await client.get("/health")).status).toBe(200);
    });
  });

  it("tells nobody a stack, whatever is asked for", async () => {
    await withBoard({}, async (board) => {
      const response = await board.fetch("switchboard", "/api/services/%ZZ");
      expect(response.status).toBe(400);
      expect(response.headers.get("content-type")).toContain("application/problem+json");
      expect(await response.text()).not.toMatch(/at |node_modules|\.js/);
    });
  });

  it("takes IPv6 clients of one network for one: the rest of the address is theirs to choose", async () => {
    await withBoard({ trustedProxies: ["loopback"] }, async (board) => {
      const client = await ControlClient.open(board);
      const wrong = async (address: string) => {
        const headers = { "X-Forwarded-For": address, Authorization: "Bearer wrong-token" };
        return (await client.get("/api/services", headers)).status;
      };
      for (let i = 1; i <= 10; i += 1) expect(await wrong(`2001:db8:1:2::${i}`)).toBe(401);
      expect(await wrong("2001:db8:1:2:ffff::1")).toBe(429);
      expect(await wrong("2001:db8:1:3::1")).toBe(401);
      const ask = (i: number) =>
        client.ask("POST", "/api/faults", fault, { "X-Forwarded-For": `2001:db8:1:4::${i.toString(16)}` });
      const asked = await Promise.all(Array.from({ length: 201 }, (_, i) => ask(i)));
      expect(new Set(asked.map(({ status }) => status))).toEqual(new Set([401, 429]));
    });
  });

  it("leaves health and servers when it is off", async () => {
    await withBoard({ control: false }, async (board) => {
      expect(board.control).toBeUndefined();
      expect((await board.fetch("switchboard", "/__switchboard/health")).status).toBe(200);
      expect((await board.fetch("switchboard", "/__switchboard/servers")).status).toBe(200);
      expect((await board.fetch("switchboard", "/api/services")).status).toBe(404);
    });
  });
});

describe("JSON Web Tokens", () => {
  const withJwt = (jwt: object, body: (client: ControlClient, board: RunningSwitchboard) => Promise<void>) =>
    withBoard({ control: { jwt } } as RunConfig, async (board) => body(await ControlClient.open(board), board));

  it("that are right pass, however many wrong ones came from the same address", async () => {
    await withJwt({ secret: SECRET }, async (client) => {
      for (let i = 0; i < 12; i += 1) await client.get("/api/services", { Authorization: `Bearer wrong-${i}` });
      expect((await client.get("/api/services", { Authorization: "Bearer wrong" })).status).toBe(429);
      expect(await statuses(client, await jwt({ role: "operator" }))).toEqual([200, 201]);
    });
  });

  it("let a viewer read and an operator change, when signed with the secret", async () => {
    await withJwt({ secret: SECRET }, async (client) => {
      expect(await statuses(client, await jwt({ role: "operator" }), FAR)).toEqual([200, 201]);
      expect(await statuses(client, await jwt({ role: "viewer" }), FAR)).toEqual([200, 403]);
    });
  });

  it("are refused with a wrong signature, without a role, expired, without an end, too early, and unsigned", async () => {
    const now = Math.floor(Date.now() / 1_000);
    const key = new TextEncoder().encode(SECRET);
    const tokens = [
      await jwt({}, "another secret of thirty-two bytes!!"),
      await jwt({ role: "admin" }),
      await jwt({ role: ["operator"] }),
      await new SignJWT({ role: "operator" })
        .setProtectedHeader({ alg: "HS256" })
        .setExpirationTime(now - 60)
        .sign(key),
      await new SignJWT({ role: "operator" }).setProtectedHeader({ alg: "HS256" }).sign(key),
      await jwt({ nbf: now + 600 }),
      new UnsecuredJWT({ role: "operator" }).setExpirationTime("5m").encode(),
      `${(await jwt({})).slice(0, -4)}AAAA`,
    ];
    for (const token of tokens) {
      await withJwt({ secret: SECRET }, async (client) => expect(await statuses(client, token)).toEqual([401, 401]));
    }
  });

  it("are checked for whom they are meant, and who issued them", async () => {
    const settings = { secret: SECRET, audience: "switchboard", issuer: "https://id.test" };
    await withJwt(settings, async (client) => {
      expect(await statuses(client, await jwt({ aud: "switchboard", iss: "https://id.test" }))).toEqual([200, 201]);
      expect(await statuses(client, await jwt({ aud: "other", iss: "https://id.test" }))).toEqual([401, 401]);
      expect(await statuses(client, await jwt({ iss: "https://id.test" }))).toEqual([401, 401]);
      expect(await statuses(client, await jwt({ aud: "switchboard", iss: "https://evil.test" }))).toEqual([401, 401]);
    });
  });

  it("can be signed with a key of a given set, which is never taken for a secret", async () => {
    const { publicKey, privateKey } = await generateKeyPair("RS256", { extractable: true });
    const jwk = { ...(await exportJWK(publicKey)), kid: "one" };
    const sign = (key: Parameters<SignJWT["sign"]>[0], alg: string) =>
      new SignJWT({ role: "viewer" }).setProtectedHeader({ alg, kid: "one" }).setExpirationTime("5m").sign(key);
    await withJwt({ jwks: { keys: [jwk] } }, async (client) => {
      expect(await statuses(client, await sign(privateKey, "RS256"))).toEqual([200, 403]);
      const confused = await sign(new TextEncoder().encode(JSON.stringify(jwk)), "HS256");
      expect(await statuses(client, confused)).toEqual([401, 401]);
      const { privateKey: other } = await generateKeyPair("RS256");
      expect(await statuses(client, await sign(other, "RS256"))).toEqual([401, 401]);
    });
  });

  it("can be signed with a key that is fetched, once", async () => {
    const { publicKey, privateKey } = await generateKeyPair("ES256", { extractable: true });
    const keys = [{ ...(await exportJWK(publicKey)), kid: "one", alg: "ES256" }];
    let fetches = 0;
    const issuer = createServer((_request, response) => {
      fetches += 1;
      response
        .setHeader("Connection", "close")
        .setHeader("Content-Type", "application/json")
        .end(JSON.stringify({ keys }));
    }).listen(0, "127.0.0.1");
    await once(issuer, "listening");
    const jwksUrl = `http://127.0.0.1:${(issuer.address() as AddressInfo).port}/keys`;
    const sign = (kid: string) =>
      new SignJWT({ role: "operator" })
        .setProtectedHeader({ alg: "ES256", kid })
        .setExpirationTime("5m")
        .sign(privateKey);
    const board = await createSwitchboard({ basePort: 0, control: { jwt: { jwksUrl } } });
    const client = await ControlClient.open(board);
    expect(await statuses(client, await sign("one"))).toEqual([200, 201]);
    expect(await statuses(client, await sign("unknown"))).toEqual([401, 401]);
    expect(fetches).toBe(1);
    await board.close();
    issuer.close();
  });

  it("get 503 while the keys cannot be had, in bounded time, and the operator's token works on", async () => {
    const { privateKey } = await generateKeyPair("ES256");
    const silent = createServer(() => {}).listen(0, "127.0.0.1");
    await once(silent, "listening");
    const jwksUrl = `http://127.0.0.1:${(silent.address() as AddressInfo).port}/keys`;
    const token = await new SignJWT({ role: "operator" })
      .setProtectedHeader({ alg: "ES256" })
      .setExpirationTime("5m")
      .sign(privateKey);
    const board = await createSwitchboard({ basePort: 0, control: { jwt: { jwksUrl, jwksTimeoutMs: 50 } } });
    const client = await ControlClient.open(board);
    expect(await client.get("/api/services", { Authorization: `Bearer ${token}` })).toMatchObject({
      status: 503,
      body: { code: "KEYS_UNAVAILABLE" },
    });
    expect(await statuses(client, board.control?.token as string)).toEqual([200, 201]);
    await board.close();
    silent.closeAllConnections();
    silent.close();
  });

  const WRONG: [control: unknown, message: string][] = [
    [
      { token: "short" },
      "control.token must be 16 to 512 letters, digits, - . _ ~ + or /, got 5 characters that are not shown",
    ],
    [{ tokn: "x" }, "no option 'tokn'"],
    [{ jwt: {} }, "exactly one of secret, jwks and jwksUrl"],
    [{ jwt: { secret: SECRET, jwksUrl: "http://x" } }, "exactly one of"],
    [{ jwt: { secret: "short" } }, "jwt.secret must be text of at least 32 bytes"],
    [{ jwt: { jwks: { keys: [{ kty: "oct", k: "AAAA" }] } } }, "at least one public key"],
    [{ jwt: { jwksUrl: "file:///etc/passwd" } }, "jwt.jwksUrl must be the http: or https: URL"],
  ];

  it.each(WRONG)("is refused as an option: %j", async (control, message) => {
    await expect(createSwitchboard({ control: control as never })).rejects.toThrow(message);
  });
});

describe("where requests come from", () => {
  const raw = async (board: RunningSwitchboard, head: string, body = "") => {
    const client = await RawClient.connect(board.port);
    client.write(`${head}\r\nConnection: close\r\n\r\n${body}`);
    await client.until("an answer", () => client.answers().length > 0);
    client.leave("close");
    const [answer] = client.answers();
    return { status: answer?.status, body: answer?.body ?? "", fields: new Map(answer?.fields) };
  };

  it("is checked against DNS rebinding: other names are those of apps", async () => {
    await withBoard({ app: hello }, async (board) => {
      for (const path of ["/__switchboard/servers", "/__switchboard/api/services", "/__switchboard/"]) {
        const { status, body } = await raw(board, `GET ${path} HTTP/1.1\r\nHost: evil.example:${board.port}`);
        expect({ status, body }).toEqual({ status: 200, body: `app ${path}` });
      }
      const health = await raw(board, "GET /__switchboard/health HTTP/1.1\r\nHost: evil.example");
      expect(health.status).toBe(200);
    });
  });

  it("is checked by the origin of the page that asks", async () => {
    await withBoard({ app: hello }, async (board) => {
      const host = `switchboard.localhost:${board.port}`;
      const token = `Authorization: Bearer ${board.control?.token}`;
      const get = (fields: string) => raw(board, `GET /api/services HTTP/1.1\r\nHost: ${host}\r\n${fields}`);
      for (const origin of [
        `http://shop.localhost:${board.port}`,
        "null",
        "http://evil.example",
        `https://${host}`,
        "http://switchboard.localhost",
      ]) {
        const { status, body, fields } = await get(`Origin: ${origin}\r\n${token}`);
        expect({ origin, status, code: JSON.parse(body).code }).toEqual({
          origin,
          status: 403,
          code: "FOREIGN_ORIGIN",
        });
        expect(fields.get("access-control-allow-origin")).toBeUndefined();
      }
      expect((await get(`Origin: http://${host}`)).status).toBe(200);
      expect((await get("Sec-Fetch-Site: same-site\r\nSec-Fetch-Mode: no-cors")).status).toBe(403);
      expect((await get("Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate")).status).toBe(200);
      expect((await get("Sec-Fetch-Site: same-origin\r\nSec-Fetch-Mode: cors")).status).toBe(200);
      const preflight = `OPTIONS /api/faults HTTP/1.1\r\nHost: ${host}\r\nOrigin: http://shop.localhost:${board.port}\r\nAccess-Control-Request-Method: POST`;
      expect((await raw(board, preflight)).status).toBe(403);
    });
  });

  it("has every answer say that it may not be framed, sniffed, kept or shared", async () => {
    await withBoard({ app: hello }, async (board) => {
      for (const path of ["/health", "/api/services", "/nothing", "/openapi.json"]) {
        const { fields } = await raw(board, `GET ${path} HTTP/1.1\r\nHost: switchboard.localhost`);
        expect(fields.get("content-security-policy")).toContain("default-src 'none'");
        expect(fields.get("content-security-policy")).toContain("frame-ancestors 'none'");
        expect(fields.get("x-content-type-options")).toBe("nosniff");
        expect(fields.get("referrer-policy")).toBe("no-referrer");
        expect(fields.get("cross-origin-resource-policy")).toBe("same-origin");
        expect(fields.get("cross-origin-opener-policy")).toBe("same-origin");
        expect(fields.get("cache-control")).toBe("no-store");
        expect(fields.get("x-powered-by")).toBeUndefined();
      }
    });
  });
});

describe("bodies", () => {
  const post = async (
    board: RunningSwitchboard,
    fields: string,
    body: string | Buffer,
    token = board.control?.token,
  ) => {
    const client = await RawClient.connect(board.port);
    client.write(
      `POST /api/faults HTTP/1.1\r\nHost: switchboard.localhost\r\nAuthorization: Bearer ${token}\r\n${fields}\r\n\r\n`,
    );
    client.write(body);
    await client.until("an answer", () => client.answers().some(({ status }) => status >= 200));
    client.leave("close");
    const answer = client.answers().find(({ status }) => status >= 200);
    return { status: answer?.status, code: answer?.body ? JSON.parse(answer.body).code : undefined };
  };

  it("are JSON, in plain UTF-8", async () => {
    await withBoard({}, async (board) => {
      const good = JSON.stringify(fault);
      const fields = (type: string, text = good) => `${type}Content-Length: ${text.length}`;
      const json = "Content-Type: application/json\r\n";
      expect(await post(board, fields(json), good)).toMatchObject({ status: 201 });
      expect(await post(board, fields("Content-Type: application/json; charset=utf-8\r\n"), good)).toMatchObject({
        status: 201,
      });
      expect(await post(board, fields(""), good)).toEqual({ status: 415, code: "NOT_JSON" });
      expect(await post(board, fields("Content-Type: text/plain\r\n"), good)).toEqual({
        status: 415,
        code: "NOT_JSON",
      });
      expect(await post(board, fields("Content-Type: application/x-www-form-urlencoded\r\n"), good)).toMatchObject({
        status: 415,
      });
      expect(await post(board, fields(`${json}Content-Encoding: gzip\r\n`), good)).toEqual({
        status: 415,
        code: "NOT_JSON",
      });
      expect(await post(board, fields("Content-Type: application/json; charset=latin7\r\n"), good)).toMatchObject({
        status: 415,
      });
      expect(await post(board, fields(json, "{"), "{")).toEqual({ status: 400, code: "INVALID_JSON" });
      expect(await post(board, fields(json, '"text"'), '"text"')).toEqual({ status: 400, code: "INVALID_JSON" });
      expect((await (await ControlClient.open(board)).get("/api/faults")).body.faults).toHaveLength(2);
    });
  });

  it("of 100 MB are refused without being read", async () => {
    await withBoard({}, async (board) => {
      const json = "Content-Type: application/json\r\n";
      const part = Buffer.alloc(100_000, 32);
      const before = process.memoryUsage().arrayBuffers;
      expect(await post(board, `${json}Content-Length: 100000000`, part)).toEqual({
        status: 413,
        code: "BODY_TOO_LARGE",
      });
      const chunked = Buffer.concat([Buffer.from("5f5e100\r\n"), part]);
      expect(await post(board, `${json}Transfer-Encoding: chunked`, chunked)).toEqual({
        status: 413,
        code: "BODY_TOO_LARGE",
      });
      expect(await post(board, `${json}Content-Length: 100000000`, part, "wrong-token-here")).toEqual({
        status: 401,
        code: "UNAUTHORIZED",
      });
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20_000_000);
    });
  });

  it("are asked for when a client waits for that", async () => {
    await withBoard({}, async (board) => {
      const text = JSON.stringify(fault);
      const fields = `Content-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: ${text.length}`;
      expect(await post(board, fields, text)).toMatchObject({ status: 201 });
    });
  });
});
