import { type Case, get, head, post, refused, served } from "./case.ts";

const OK = get("{a}.localhost", "/ok");
const SLOW = get("{a}.localhost", "/slow");
const DRIP = get("{a}.localhost", "/drip");
const NEXT = get("{b}.localhost", "/next");
const CHUNKS = "5\r\nhello\r\n0\r\n\r\n";
const CL_TE = post("{b}.localhost", ["Content-Length: 5", "Transfer-Encoding: chunked"], CHUNKS);

/** What a request can be that is refused; the name says how. */
const BAD: Record<string, string> = {
  "no HTTP": "no HTTP\r\n\r\n",
  "a malformed field": get("{b}.localhost", "/", "X : y"),
  "no Host": head("GET / HTTP/1.1"),
  "no Host in HTTP/1.0": head("GET / HTTP/1.0", "Connection: keep-alive"),
  "two Hosts": get("{b}.localhost", "/", "Host: {c}.localhost"),
  "an invalid Host": get("b/c"),
  "an invalid target": get("{b}.localhost", "ftp://{b}.localhost/"),
  "Content-Length and Transfer-Encoding": CL_TE,
  "an unknown Transfer-Encoding": post("{b}.localhost", ["Transfer-Encoding: gzip"], CHUNKS),
  "an invalid Content-Length": post("{b}.localhost", ["Content-Length: x"]),
  TRACE: head("TRACE / HTTP/1.1", "Host: {b}.localhost"),
  CONNECT: head("CONNECT {b}.localhost:80 HTTP/1.1", "Host: {b}.localhost"),
  "HTTP/2.0": head("GET / HTTP/2.0", "Host: {b}.localhost"),
  "an upgrade without Host": head("GET / HTTP/1.1", "Connection: Upgrade", "Upgrade: echo"),
};

/** The answer that is owed comes first and whole, then the refusal, then the end. */
const behind = (first: string, path: string, what: string): Case => {
  const [name, request] = [`${what} behind ${first}`, BAD[what] as string];
  return refused(name, get("{a}.localhost", path) + request, 400, {
    answers: [[200, `{a} GET ${path}`], 400],
    saw: [`{a} GET ${path}`],
  });
};

const kinds = Object.keys(BAD);

export const pipelineCases: Case[] = [
  served("two requests to the same server", OK + get("{a}.localhost", "/two"), ["{a} GET /ok", "{a} GET /two"], {
    answers: [
      [200, "/ok"],
      [200, "/two"],
    ],
  }),
  served("two requests to two servers", OK + NEXT, ["{a} GET /ok", "{b} GET /next"], {
    answers: [
      [200, "/ok"],
      [200, "/next"],
    ],
  }),
  served("a slow request, then a fast one", SLOW + NEXT, ["{a} GET /slow", "{b} GET /next"], {
    answers: [
      [200, "/slow"],
      [200, "/next"],
    ],
  }),
  served("a dripping answer, then a fast one", DRIP + NEXT, ["{a} GET /drip", "{b} GET /next"], {
    answers: [
      [200, "{a} GET /drip"],
      [200, "/next"],
    ],
  }),
  served(
    "a slow request, then one that the switchboard answers",
    SLOW + get("localhost", "/__switchboard/health"),
    ["{a} GET /slow"],
    {
      answers: [
        [200, "/slow"],
        [200, '"ok"'],
      ],
    },
  ),
  served(
    "bodies between the requests",
    post("{a}.localhost", ["Content-Length: 3"], "one") +
      post("{a}.localhost", ["Transfer-Encoding: chunked"], CHUNKS) +
      OK,
    ["{a} POST / <one>", "{a} POST / <hello>", "{a} GET /ok"],
  ),
  served(
    "fifty requests",
    OK.repeat(50),
    Array.from({ length: 50 }, () => "{a} GET /ok"),
  ),
  served(
    "a second packet that begins in the middle of a request",
    [SLOW + NEXT.slice(0, 10), NEXT.slice(10)],
    ["{a} GET /slow", "{b} GET /next"],
  ),
  served(
    "a request behind Connection: close is not served",
    get("{a}.localhost", "/slow", "Connection: close") + NEXT,
    "{a} GET /slow",
    { end: "closed" },
  ),
  served(
    "a malformed request behind Connection: close",
    get("{a}.localhost", "/slow", "Connection: close") + BAD["no HTTP"],
    "{a} GET /slow",
    { end: "closed" },
  ),
  served(
    "a request behind HTTP/1.0 is not served",
    head("GET /slow HTTP/1.0", "Host: {a}.localhost") + NEXT,
    "{a} GET /slow",
    { end: "closed" },
  ),

  ...kinds.map((what) => behind("a fast answer", "/ok", what)),
  ...kinds.map((what) => behind("a slow answer", "/slow", what)),
  ...["no HTTP", "no Host", "two Hosts", "Content-Length and Transfer-Encoding", "CONNECT"].map((what) =>
    behind("a dripping answer", "/drip", what),
  ),
  ...kinds.map((what) => refused(`a request behind ${what} is not served`, (BAD[what] as string) + NEXT)),
  ...kinds.map((what) => refused(`a request in the packet after ${what} is not served`, [BAD[what] as string, NEXT])),
  ...kinds.map((what) =>
    refused(`nothing is served between a slow answer and after ${what}`, SLOW + (BAD[what] as string) + NEXT, 400, {
      answers: [200, 400],
      saw: ["{a} GET /slow"],
    }),
  ),
  refused("CONNECT behind no Host", (BAD["no Host"] as string) + BAD.CONNECT),
  refused("CONNECT behind two Hosts", (BAD["two Hosts"] as string) + BAD.CONNECT),
  refused("an upgrade behind no Host", (BAD["no Host"] as string) + BAD["an upgrade without Host"]),
  refused("an upgrade behind two Hosts", (BAD["two Hosts"] as string) + BAD["an upgrade without Host"]),
  refused("a head that is too large behind a slow answer", SLOW + get("{b}.localhost", `/${"p".repeat(17_000)}`), 431, {
    answers: [[200, "/slow"], 431],
    saw: ["{a} GET /slow"],
  }),
  refused(
    "a malformed chunk behind a slow answer",
    SLOW + post("{b}.localhost", ["Transfer-Encoding: chunked"], "z\r\n"),
    400,
    {
      answers: [[200, "/slow"], 400],
      saw: ["{a} GET /slow", "{b} POST /"],
    },
  ),
  refused("a malformed request behind three slow ones", SLOW.repeat(3) + BAD["no HTTP"], 400, {
    answers: [200, 200, 200, 400],
    saw: Array.from({ length: 3 }, () => "{a} GET /slow"),
  }),
  refused(
    "a smuggled request in the body of one with two lengths",
    post("{a}.localhost", ["Content-Length: 4", "Content-Length: 0"], NEXT),
  ),
  {
    name: "the client resets with two answers owed",
    send: [SLOW + get("{b}.localhost", "/slow"), { seen: 2 }, "reset"],
    answers: [],
    end: "left",
    saw: ["{a} GET /slow", "{b} GET /slow"],
  },
];
