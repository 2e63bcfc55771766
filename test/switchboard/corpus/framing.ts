import { type Case, post, refused, served } from "./case.ts";

const HOST = "{a}.localhost";
const CHUNKS = "5\r\nhello\r\n0\r\n\r\n";
/** Would be a request of its own if the body before it were framed otherwise. */
const SMUGGLED = "GET /smuggled HTTP/1.1\r\nHost: {b}.localhost\r\n\r\n";

const length = (name: string, value: string, body = "hello"): Case =>
  refused(name, post(HOST, [`Content-Length: ${value}`], body));
const coding = (name: string, ...lines: string[]): Case =>
  refused(
    name,
    post(
      HOST,
      lines.map((line) => `Transfer-Encoding:${line}`),
      CHUNKS + SMUGGLED,
    ),
  );
/** The head is in order, so the app has been asked before the body turns out to be malformed. */
const chunks = (name: string, body: string, part = ""): Case =>
  refused(name, post(HOST, ["Transfer-Encoding: chunked"], body + SMUGGLED), 400, {
    saw: [`{a} POST /${part === "" ? "" : ` <${part}>`}`],
  });

export const framingCases: Case[] = [
  served("Content-Length", post(HOST, ["Content-Length: 5"], "hello"), "{a} POST / <hello>"),
  served("Content-Length 0", post(HOST, ["Content-Length: 0"]), "{a} POST /"),
  served("Content-Length with leading zeros", post(HOST, ["Content-Length: 0005"], "hello"), "{a} POST / <hello>"),
  served(
    "Content-Length with white space around it",
    post(HOST, ["Content-Length: \t5 "], "hello"),
    "{a} POST / <hello>",
  ),
  length("Content-Length -5", "-5"),
  length("Content-Length +5", "+5"),
  length("Content-Length 5 5", "5 5"),
  length("Content-Length 0x5", "0x5"),
  length("Content-Length 5.0", "5.0"),
  length("Content-Length 5e0", "5e0"),
  length("Content-Length 5,5", "5,5"),
  length("Content-Length 5, 6", "5, 6"),
  length("Content-Length five", "five"),
  length("an empty Content-Length", ""),
  length("a Content-Length beyond 64 bits", "18446744073709551616"),
  length("a Content-Length of 40 digits", "9".repeat(40)),
  refused(
    "two Content-Lengths that differ",
    post(HOST, ["Content-Length: 5", "Content-Length: 0"], `hello${SMUGGLED}`),
  ),
  refused("two Content-Lengths that agree", post(HOST, ["Content-Length: 5", "content-length: 5"], "hello")),
  refused("a space before the colon of Content-Length", post(HOST, ["Content-Length : 5"], "hello")),

  refused(
    "Content-Length, then Transfer-Encoding",
    post(HOST, ["Content-Length: 5", "Transfer-Encoding: chunked"], CHUNKS + SMUGGLED),
  ),
  refused(
    "Transfer-Encoding, then Content-Length",
    post(HOST, ["Transfer-Encoding: chunked", "Content-Length: 5"], CHUNKS + SMUGGLED),
  ),
  refused(
    "Transfer-Encoding and Content-Length 0",
    post(HOST, ["Transfer-Encoding: chunked", "Content-Length: 0"], CHUNKS + SMUGGLED),
  ),
  refused(
    "an unknown Transfer-Encoding and Content-Length",
    post(HOST, ["Transfer-Encoding: x", "Content-Length: 5"], "hello"),
  ),
  served("chunked", post(HOST, ["Transfer-Encoding: chunked"], CHUNKS), "{a} POST / <hello>"),
  served("CHUNKED", post(HOST, ["Transfer-Encoding: CHUNKED"], CHUNKS), "{a} POST / <hello>"),
  served("transfer-encoding: Chunked", post(HOST, ["transfer-encoding: Chunked"], CHUNKS), "{a} POST / <hello>"),
  served(
    "chunked with white space before it",
    post(HOST, ["Transfer-Encoding: \t chunked"], CHUNKS),
    "{a} POST / <hello>",
  ),
  // Node shows the value without the white space, so the app is asked before the parser objects.
  refused("chunked with white space after it", post(HOST, ["Transfer-Encoding: chunked \t"], CHUNKS), 400, {
    saw: ["{a} POST /"],
  }),
  coding("identity", " identity"),
  coding("gzip", " gzip"),
  coding("gzip, chunked", " gzip, chunked"),
  coding("chunked, gzip", " chunked, gzip"),
  coding("chunked, chunked", " chunked, chunked"),
  coding("chunked, identity", " chunked, identity"),
  coding("chunked with a comma after it", " chunked,"),
  coding("chunked with a comma before it", " ,chunked"),
  coding("chunked with a parameter", " chunked;q=1"),
  coding("chunked in quotes", ' "chunked"'),
  coding("xchunked", " xchunked"),
  coding("chunkedx", " chunkedx"),
  coding("chunked with a vertical tab before it", " \vchunked"),
  coding("chunked with a form feed after it", " chunked\f"),
  coding("chunked with a NUL after it", " chunked\0"),
  coding("chunked with a non-breaking space after it", " chunked\xa0"),
  coding("an empty Transfer-Encoding", ""),
  coding("two lines, chunked and chunked", " chunked", " chunked"),
  coding("two lines, chunked and identity", " chunked", " identity"),
  coding("two lines, identity and chunked", " identity", " chunked"),
  coding("two lines, gzip and chunked", " gzip", " chunked"),
  coding("two lines, the first empty", "", " chunked"),
  coding("a folded line", "\r\n chunked"),
  refused("a space before the colon of Transfer-Encoding", post(HOST, ["Transfer-Encoding : chunked"], CHUNKS)),
  refused(
    "Transfer-Encoding with an underscore is another field, so this is no body",
    post(HOST, ["Transfer_Encoding: chunked"], CHUNKS),
    400,
    { answers: [200, 400], saw: ["{a} POST /"] },
  ),
  refused("Transfer-Encoding in HTTP/1.0", post(HOST, ["Transfer-Encoding: chunked"], CHUNKS + SMUGGLED, "1.0")),
  refused(
    "Transfer-Encoding in HTTP/1.0 that keeps its connection",
    post(HOST, ["Connection: keep-alive", "Transfer-Encoding: chunked"], CHUNKS + SMUGGLED, "1.0"),
  ),

  served(
    "upper-case chunk sizes",
    post(HOST, ["Transfer-Encoding: chunked"], "A\r\n0123456789\r\n0\r\n\r\n"),
    "{a} POST / <0123456789>",
  ),
  served(
    "chunk sizes with leading zeros",
    post(HOST, ["Transfer-Encoding: chunked"], "0005\r\nhello\r\n000\r\n\r\n"),
    "{a} POST / <hello>",
  ),
  served(
    "chunk extensions",
    post(HOST, ["Transfer-Encoding: chunked"], '5;a=b;c="d"\r\nhello\r\n0;last\r\n\r\n'),
    "{a} POST / <hello>",
  ),
  chunks("a chunk size that is no number", "z\r\nhello\r\n0\r\n\r\n"),
  chunks("a chunk size with 0x", "0x5\r\nhello\r\n0\r\n\r\n"),
  chunks("a negative chunk size", "-5\r\nhello\r\n0\r\n\r\n"),
  chunks("a chunk size with a sign", "+5\r\nhello\r\n0\r\n\r\n"),
  chunks("an empty chunk size", "\r\nhello\r\n0\r\n\r\n"),
  chunks("a chunk size beyond 64 bits", "10000000000000005\r\nhello\r\n0\r\n\r\n"),
  chunks("a space before the chunk size", " 5\r\nhello\r\n0\r\n\r\n"),
  chunks("a space after the chunk size", "5 \r\nhello\r\n0\r\n\r\n"),
  chunks("LF alone after the chunk size", "5\nhello\r\n0\r\n\r\n"),
  chunks("LF alone in a chunk extension", "5;a\nb\r\nhello\r\n0\r\n\r\n"),
  chunks("LF alone after a chunk", "5\r\nhello\n0\r\n\r\n", "hello"),
  chunks("no line end after a chunk", "5\r\nhello0\r\n\r\n", "hello"),
  chunks("a chunk that is longer than its size", "5\r\nhello!\r\n0\r\n\r\n", "hello"),
  chunks("NUL in a chunk extension", "5;\0\r\nhello\r\n0\r\n\r\n"),
  refused(
    "chunk extensions of 20,000 bytes",
    post(HOST, ["Transfer-Encoding: chunked"], `5;${"e".repeat(20_000)}\r\nhello\r\n0\r\n\r\n`),
    413,
    { saw: ["{a} POST /"] },
  ),
];
