import { type Case, get, head, post, refused, served } from "./case.ts";

const UPGRADE = ["Connection: Upgrade", "Upgrade: echo"];
const H2C = ["Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__"];
const SLOW = get("{a}.localhost", "/slow");

const upgrade = (host: string, ...fields: string[]): string => get(host, "/socket", ...UPGRADE, ...fields);
const bad = (name: string, host: string, ...fields: string[]): Case => refused(name, upgrade(host, ...fields));

const upgraded = (name: string, send: Case["send"], extra: Partial<Case> = {}): Case => ({
  name,
  send,
  answers: [101],
  end: "upgraded",
  saw: ["{w} UPGRADE /socket"],
  ...extra,
});

/** Without an `upgrade` listener the request is a usual one; its connection ends with the answer. */
const plain = (name: string, send: Case["send"], saw: string): Case => served(name, send, saw, { end: "closed" });

export const upgradeCases: Case[] = [
  upgraded("an upgrade", upgrade("{w}.localhost")),
  upgraded("an upgrade of a server that runs", [get("{w}.localhost"), { answers: 1 }, upgrade("{w}.localhost")], {
    answers: [200, 101],
    saw: ["{w} GET /", "{w} UPGRADE /socket"],
  }),
  upgraded("an upgrade and the first bytes in one packet", `${upgrade("{w}.localhost")}first bytes`, {
    echo: "first bytes",
  }),
  upgraded("an upgrade with upper-case Host and port", upgrade("{W}.LOCALHOST:1")),
  upgraded("an upgrade by an absolute target", get("{b}.localhost", "http://{w}.localhost/socket", ...UPGRADE), {
    saw: ["{w} UPGRADE http://{w}.localhost/socket"],
  }),
  upgraded("an upgrade by X-App-Name", upgrade("localhost", "X-App-Name: {w}")),
  upgraded("an upgrade in single bytes", { bytes: upgrade("{w}.localhost") }),
  upgraded("an upgrade to h2c of an app that takes it", get("{w}.localhost", "/socket", ...H2C)),
  upgraded("an upgrade behind a slow answer", SLOW + upgrade("{w}.localhost"), {
    answers: [[200, "/slow"], 101],
    saw: ["{a} GET /slow", "{w} UPGRADE /socket"],
  }),
  upgraded("an upgrade behind a dripping answer", get("{a}.localhost", "/drip") + upgrade("{w}.localhost"), {
    answers: [[200, "{a} GET /drip"], 101],
    saw: ["{a} GET /drip", "{w} UPGRADE /socket"],
  }),
  upgraded("an upgrade behind two slow answers", SLOW + SLOW + upgrade("{w}.localhost"), {
    answers: [200, 200, 101],
    saw: ["{a} GET /slow", "{a} GET /slow", "{w} UPGRADE /socket"],
  }),
  upgraded("an upgrade behind a fast answer", get("{w}.localhost") + upgrade("{w}.localhost"), {
    answers: [200, 101],
    saw: ["{w} GET /", "{w} UPGRADE /socket"],
  }),
  served(
    "Upgrade without Connection is a usual request",
    get("{w}.localhost", "/socket", "Upgrade: echo"),
    "{w} GET /socket",
  ),
  served(
    "Connection: upgrade without Upgrade is a usual request",
    get("{w}.localhost", "/", "Connection: upgrade"),
    "{w} GET /",
  ),

  refused("an upgrade without Host", head("GET /socket HTTP/1.1", ...UPGRADE)),
  refused("an upgrade in HTTP/1.0 without Host", head("GET /socket HTTP/1.0", ...UPGRADE)),
  bad("an upgrade with two Hosts", "{w}.localhost", "Host: {b}.localhost"),
  bad("an upgrade with an empty Host", ""),
  bad("an upgrade with a path in Host", "{w}.localhost/path"),
  bad("an upgrade with user info in Host", "user@{w}.localhost"),
  bad("an upgrade with an invalid X-App-Name", "localhost", "X-App-Name: {w}/b"),
  bad(
    "an upgrade with Content-Length and Transfer-Encoding",
    "{w}.localhost",
    "Content-Length: 5",
    "Transfer-Encoding: chunked",
  ),
  bad("an upgrade with an unknown Transfer-Encoding", "{w}.localhost", "Transfer-Encoding: gzip"),
  refused(
    "an upgrade with an absolute target of another scheme",
    get("{w}.localhost", "ftp://{w}.localhost/", ...UPGRADE),
  ),
  refused("an upgrade of *", get("{w}.localhost", "*", ...UPGRADE)),
  refused("an upgrade by TRACE", head("TRACE / HTTP/1.1", "Host: {w}.localhost", ...UPGRADE)),
  refused("an upgrade in HTTP/2.0", head("GET / HTTP/2.0", "Host: {w}.localhost", ...UPGRADE)),
  refused(
    "an upgrade with 1,001 fields",
    upgrade("{w}.localhost", ...Array.from({ length: 998 }, (_, i) => `${i.toString(36)}:`)),
    431,
  ),
  refused("a request behind an upgrade that is refused", upgrade("a b") + get("{b}.localhost")),
  refused("an upgrade with a bad Host and many bytes after it", upgrade("a b") + "x".repeat(100_000)),

  plain("an upgrade that a plain app does not take", upgrade("{a}.localhost"), "{a} GET /socket"),
  plain("an upgrade that Express does not take", upgrade("{x}.localhost"), "{x} GET /socket"),
  plain("an upgrade that a slow app does not take", get("{a}.localhost", "/slow", ...UPGRADE), "{a} GET /slow"),
  plain("an upgrade to h2c that no app takes", get("{a}.localhost", "/", ...H2C), "{a} GET /"),
  plain(
    "an upgrade to h2c with a body",
    post("{a}.localhost", [...H2C, "Content-Length: 5"], "hello"),
    "{a} POST / <hello>",
  ),
  plain(
    "an upgrade to h2c with a body in a second packet",
    [post("{a}.localhost", [...H2C, "Content-Length: 5"], "he"), "llo"],
    "{a} POST / <hello>",
  ),
  plain(
    "an upgrade to h2c with chunks",
    post("{x}.localhost", [...H2C, "Transfer-Encoding: chunked"], "5\r\nhello\r\n0\r\n\r\n"),
    "{x} POST / <hello>",
  ),
  served(
    "an upgrade to h2c with Expect: 100-continue",
    [post("{a}.localhost", [...H2C, "Content-Length: 5", "Expect: 100-continue"]), { answers: 1 }, "hello"],
    "{a} POST / <hello>",
    { answers: [100, 200], end: "closed" },
  ),
  plain(
    "an upgrade in HTTP/1.0 that no app takes",
    head("GET /socket HTTP/1.0", "Host: {a}.localhost", ...UPGRADE),
    "{a} GET /socket",
  ),
  plain(
    "an upgrade by an absolute target that no app takes",
    get("{b}.localhost", "http://{a}.localhost/", ...UPGRADE),
    "{a} GET http://{a}.localhost/",
  ),
  plain("an upgrade with Latin-1 in a field that no app takes", upgrade("{a}.localhost", "X: \xe9"), "{a} GET /socket"),
  served("an upgrade of the switchboard's own path", get("localhost", "/__switchboard/health", ...UPGRADE), [], {
    answers: [[200, '"ok"']],
    end: "closed",
  }),
  served(
    "an upgrade that no app takes behind a slow answer",
    SLOW + upgrade("{b}.localhost"),
    ["{a} GET /slow", "{b} GET /socket"],
    { end: "closed" },
  ),
  plain(
    "a request behind an upgrade that no app takes, as its answer could not be sent",
    upgrade("{a}.localhost") + get("{b}.localhost"),
    "{a} GET /socket",
  ),
  plain(
    "CONNECT behind an upgrade that a slow app does not take",
    get("{a}.localhost", "/slow", ...UPGRADE) + head("CONNECT b:80 HTTP/1.1", "Host: b"),
    "{a} GET /slow",
  ),

  {
    name: "the client resets while its upgrade waits for a slow answer",
    send: [SLOW + upgrade("{w}.localhost"), { seen: 1 }, "reset"],
    answers: [],
    end: "left",
    saw: ["{a} GET /slow"],
  },
  {
    name: "the client leaves while its invalid upgrade waits for a slow answer",
    send: [SLOW + upgrade("a b"), { seen: 1 }, "close"],
    answers: [],
    end: "left",
    saw: ["{a} GET /slow"],
  },
  {
    name: "the client resets behind a bad request and an upgrade",
    send: [get("b c") + upgrade("{w}.localhost"), "reset"],
    answers: [],
    end: "left",
    saw: [],
  },
  {
    name: "the client resets behind a refused upgrade",
    send: [upgrade("a b"), "reset"],
    answers: [],
    end: "left",
    saw: [],
  },
  {
    name: "the client resets behind CONNECT",
    send: [head("CONNECT a:80 HTTP/1.1", "Host: a"), "reset"],
    answers: [],
    end: "left",
    saw: [],
  },
  {
    name: "the client resets an upgraded connection",
    send: [upgrade("{w}.localhost"), { answers: 1 }, "reset"],
    answers: [101],
    end: "left",
    saw: ["{w} UPGRADE /socket"],
  },
  upgraded(
    "the client says that it sends nothing more after an upgrade",
    [upgrade("{w}.localhost"), { answers: 1 }, "bye", "end"],
    { end: "closed", echo: "bye" },
  ),
];
