import { expect } from "vitest";
import { type Case, get, head, post, refused, served } from "./case.ts";

const HOST = "{a}.localhost";
const CHUNKED = "Transfer-Encoding: chunked";
const LARGE = "0123456789abcdef".repeat(16_384);

export const bodyCases: Case[] = [
  served("GET with Content-Length", `${get(HOST, "/", "Content-Length: 5")}hello`, "{a} GET / <hello>"),
  served("GET with chunks", `${get(HOST, "/", CHUNKED)}5\r\nhello\r\n0\r\n\r\n`, "{a} GET / <hello>"),
  served(
    "DELETE with chunks",
    `${head("DELETE / HTTP/1.1", `Host: ${HOST}`, CHUNKED)}5\r\nhello\r\n0\r\n\r\n`,
    "{a} DELETE / <hello>",
  ),
  served(
    "OPTIONS with a body",
    `${head("OPTIONS / HTTP/1.1", `Host: ${HOST}`, "Content-Length: 5")}hello`,
    "{a} OPTIONS / <hello>",
  ),
  served("POST without length is POST without body", post(HOST, []), "{a} POST /"),
  served(
    "a body that looks like a request",
    post(HOST, [`Content-Length: ${get("b.localhost").length}`], get("b.localhost")),
    `{a} POST / <${get("b.localhost")}>`,
  ),
  served("a body in HTTP/1.0", post(HOST, ["Content-Length: 5"], "hello", "1.0"), "{a} POST / <hello>", {
    end: "closed",
  }),
  served("a body of 256 KiB", post(HOST, [`Content-Length: ${LARGE.length}`], LARGE), `{a} POST / <${LARGE}>`),
  served(
    "a body of 256 KiB in chunks",
    post(HOST, [CHUNKED], `40000\r\n${LARGE}\r\n0\r\n\r\n`),
    `{a} POST / <${LARGE}>`,
  ),
  served("a body in several packets", [post(HOST, ["Content-Length: 5"], "h"), "el", "lo"], "{a} POST / <hello>"),
  served(
    "chunks in single bytes",
    { bytes: post(HOST, [CHUNKED], "3\r\nhel\r\n2;x\r\nlo\r\n0\r\nT: u\r\n\r\n") },
    "{a} POST / <hello>",
  ),
  served("bytes that are no text", post(HOST, ["Content-Length: 4"], "\0\xff\r\n"), "{a} POST / <\0\xff\r\n>"),
  served(
    "trailers",
    post(HOST, [CHUNKED, "Trailer: X-Sum"], "5\r\nhello\r\n0\r\nX-Sum: 1\r\nX-Two: 2\r\n\r\n"),
    "{a} POST / <hello>",
    {
      check: ([seen]) => expect(seen?.rawTrailers).toEqual(["X-Sum", "1", "X-Two", "2"]),
    },
  ),
  served(
    "trailers change nothing about the request",
    post(HOST, [CHUNKED], "0\r\nHost: {b}.localhost\r\nX-App-Name: {b}\r\n\r\n"),
    "{a} POST /",
    {
      check: ([seen]) => expect(seen?.rawHeaders).toHaveLength(4),
    },
  ),
  refused("malformed trailers", post(HOST, [CHUNKED], "5\r\nhello\r\n0\r\nno colon\r\n\r\n"), 400, {
    saw: ["{a} POST / <hello>"],
  }),
  refused("trailers with a space before the colon", post(HOST, [CHUNKED], "0\r\nX : y\r\n\r\n"), 400, {
    saw: ["{a} POST /"],
  }),
  refused("trailers of more than 16 KiB", post(HOST, [CHUNKED], `0\r\nX: ${"y".repeat(17_000)}\r\n\r\n`), 431, {
    saw: ["{a} POST /"],
  }),
  refused("bytes after the body are the next request", post(HOST, ["Content-Length: 5"], "hello!!!\r\n\r\n"), 400, {
    answers: [200, 400],
    saw: ["{a} POST / <hello>"],
  }),
  served(
    "a body that the app does not read",
    [`POST /early HTTP/1.1\r\nHost: ${HOST}\r\nContent-Length: 5\r\n\r\nhe`, { answers: 1 }, "llo"],
    "{a} POST /early <hello>",
  ),

  {
    name: "the client leaves in the middle of a body",
    send: [post(HOST, ["Content-Length: 10"], "hello"), { seen: 1 }, "close"],
    answers: [],
    end: "left",
    saw: ["{a} POST / <hello>"],
  },
  {
    name: "the client resets in the middle of a body",
    send: [post(HOST, ["Content-Length: 10"], "hello"), { seen: 1 }, "reset"],
    answers: [],
    end: "left",
    saw: ["{a} POST / <hello>"],
  },
  {
    name: "the client leaves in the middle of a chunk",
    send: [post(HOST, [CHUNKED], "a\r\nhello"), { seen: 1 }, "close"],
    answers: [],
    end: "left",
    saw: ["{a} POST / <hello>"],
  },
  refused("the final CRLF is missing", [post(HOST, [CHUNKED], "5\r\nhello\r\n0\r\n"), { seen: 1 }, "end"], 400, {
    saw: ["{a} POST / <hello>"],
  }),
  refused(
    "nothing more is sent in the middle of a body",
    [post(HOST, ["Content-Length: 10"], "hello"), { seen: 1 }, "end"],
    400,
    { saw: ["{a} POST / <hello>"] },
  ),
  refused("nothing more is sent in the middle of a head", ["GET / HTTP/1.1\r\nHost: {a}.loc", "end"]),
  { name: "the client leaves without a word", send: "end", answers: [], end: "closed", saw: [] },
  served(
    "nothing more is sent after a whole request: Node gives it up",
    [get(HOST, "/slow"), { seen: 1 }, "end"],
    "{a} GET /slow",
    {
      answers: [],
      end: "closed",
    },
  ),
  {
    name: "the client resets while it is owed an answer",
    send: [get(HOST, "/slow"), { seen: 1 }, "reset"],
    answers: [],
    end: "left",
    saw: ["{a} GET /slow"],
  },
  {
    name: "the client resets while it gets an answer",
    send: [get(HOST, "/drip"), { seen: 1 }, "reset"],
    answers: [],
    end: "left",
    saw: ["{a} GET /drip"],
  },
  served("Connection: close", get(HOST, "/", "Connection: close"), "{a} GET /", { end: "closed" }),
  served("Connection: CLOSE among others", get(HOST, "/", "Connection: x, CLOSE"), "{a} GET /", { end: "closed" }),

  served(
    "Expect: 100-continue",
    [post(HOST, ["Content-Length: 5", "Expect: 100-continue"]), { answers: 1 }, "hello"],
    "{a} POST / <hello>",
    { answers: [100, 200] },
  ),
  served(
    "Expect: 100-CONTINUE",
    [post(HOST, ["Content-Length: 5", "Expect: 100-CONTINUE"]), { answers: 1 }, "hello"],
    "{a} POST / <hello>",
    { answers: [100, 200] },
  ),
  served(
    "Expect: 100-continue and the body at once",
    post(HOST, ["Content-Length: 5", "Expect: 100-continue"], "hello"),
    "{a} POST / <hello>",
    { answers: [100, 200] },
  ),
  served(
    "Expect: 100-continue in Express",
    [post("{x}.localhost", ["Content-Length: 5", "Expect: 100-continue"]), { answers: 1 }, "hello"],
    "{x} POST / <hello>",
    { answers: [100, 200] },
  ),
  served(
    "Expect: 100-continue in HTTP/1.0 is ignored",
    post(HOST, ["Content-Length: 5", "Expect: 100-continue"], "hello", "1.0"),
    "{a} POST / <hello>",
    { end: "closed" },
  ),
  served("an unknown Expect", get(HOST, "/", "Expect: more"), [], { answers: [417], starts: ["{a}"] }),
  served("an unknown Expect with a body", post(HOST, ["Content-Length: 5", "Expect: more"], "hello"), [], {
    answers: [417],
    starts: ["{a}"],
  }),
  refused("a body of 256 KiB behind an invalid Host", post("a b", [`Content-Length: ${LARGE.length}`], LARGE)),
  refused("a body of 256 KiB in packets behind an invalid Host", [
    post("a b", [`Content-Length: ${LARGE.length}`]),
    LARGE.slice(0, 99_999),
    LARGE.slice(99_999),
  ]),
  refused("Expect: 100-continue with an invalid Host", post("a b", ["Content-Length: 5", "Expect: 100-continue"])),
  refused(
    "Expect: 100-continue with Content-Length and Transfer-Encoding",
    post(HOST, ["Content-Length: 5", CHUNKED, "Expect: 100-continue"]),
  ),
  refused("an unknown Expect with two Hosts", get(HOST, "/", "Host: {b}.localhost", "Expect: more")),
  refused("Expect without Host", head("POST / HTTP/1.1", "Content-Length: 5", "Expect: 100-continue")),
];
