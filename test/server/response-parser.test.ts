import { once } from "node:events";
import { request as httpRequest } from "node:http";
import { type AddressInfo, createServer } from "node:net";
import { array, assert, asyncProperty, constantFrom, integer, property, string, tuple, uint8Array } from "fast-check";
import { describe, expect, it } from "vitest";
import { ForwardFailure } from "../../src/server/forward/forward-failure.ts";
import { ResponseParser, type ResponseReader } from "../../src/server/forward/response-parser.ts";

/** What a reader hears; parts of a body are joined. */
interface Heard {
  interims: number[];
  status: number | undefined;
  fields: string[];
  body: string;
  trailers: string[] | undefined;
  surplus: string;
  failure: string | undefined;
}

/** Reads the answer to `method` from `parts`, and then the end of the connection. */
function read(parts: readonly Buffer[], method = "GET"): Heard {
  const heard: Heard = {
    interims: [],
    status: undefined,
    fields: [],
    body: "",
    trailers: undefined,
    surplus: "",
    failure: undefined,
  };
  const reader: ResponseReader = {
    interim: ({ status }) => heard.interims.push(status),
    head: ({ status, fields }) => Object.assign(heard, { status, fields }),
    body: (part) => {
      heard.body += part.toString("latin1");
    },
    end: (trailers) => {
      heard.trailers = trailers;
    },
  };
  const parser = new ResponseParser();
  parser.expect(method, reader);
  try {
    for (const part of parts) parser.push(part);
    parser.finish();
  } catch (error) {
    if (!(error instanceof ForwardFailure)) throw error;
    heard.failure = error.message;
  }
  heard.surplus = parser.surplus?.toString("latin1") ?? "";
  return heard;
}

function split(text: string, cuts: readonly number[]): Buffer[] {
  const bytes = Buffer.from(text, "latin1");
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  return [0, ...places]
    .map((from, i) => bytes.subarray(from, places[i] ?? bytes.length))
    .filter(({ length }) => length > 0);
}

const ANSWERS = [
  "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A:  a b \t\r\n\r\nhello",
  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nA;x=1\r\n0123456789\r\n0\r\nX-T: 1\r\nx-t: 2\r\n\r\n",
  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nmore",
  "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
  "HTTP/1.0 200 OK\r\n\r\nuntil the end",
  "HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
  "HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\nbytes",
  "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n",
];
const PIECES = [
  "\r\n",
  "\n",
  "\r",
  " ",
  ":",
  "\0",
  "HTTP/1.1",
  "Content-Length: 3",
  "Transfer-Encoding: chunked",
  "0",
  "5",
  ";",
  "\xff",
];

describe("ResponseParser", () => {
  it.each(ANSWERS)("reads the same however it arrives: %j", (answer) => {
    const whole = read([Buffer.from(answer, "latin1")]);
    expect(whole.failure).toBeUndefined();
    expect(read([...Buffer.from(answer, "latin1")].map((byte) => Buffer.of(byte)))).toEqual(whole);
    assert(
      property(array(integer({ min: 0, max: 500 })), (cuts) => void expect(read(split(answer, cuts))).toEqual(whole)),
    );
  });

  it("reads trailers, and what comes after the end, apart from the body", () => {
    expect(read([Buffer.from(ANSWERS[1] as string)])).toMatchObject({
      body: "hello0123456789",
      trailers: ["X-T", "1", "x-t", "2"],
    });
    expect(read([Buffer.from(ANSWERS[2] as string)])).toMatchObject({ body: "", trailers: [], surplus: "more" });
    expect(read([Buffer.from(ANSWERS[3] as string)])).toMatchObject({ interims: [103, 100], status: 204 });
    expect(read([Buffer.from(ANSWERS[6] as string)])).toMatchObject({ status: 101, surplus: "bytes" });
  });

  it("trims blanks and tabs from values, and nothing else", () => {
    expect(read([Buffer.from("HTTP/1.1 204 x\r\nX-A: \t\xa0a\xa0 \t\r\nX-B:\r\n\r\n", "latin1")]).fields).toEqual([
      "X-A",
      "\xa0a\xa0",
      "X-B",
      "",
    ]);
  });

  it("reads no body in the answer to HEAD", () => {
    const head = read([Buffer.from("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")], "HEAD");
    expect(head).toMatchObject({ status: 200, body: "", trailers: [], fields: ["Content-Length", "5"] });
  });

  it("fails in one way only, whatever comes", () => {
    assert(
      property(uint8Array({ maxLength: 200 }), (bytes) => void read([Buffer.from(bytes)])),
      { numRuns: 500 },
    );
    assert(
      property(string({ maxLength: 200 }), (text) => void read([Buffer.from(`HTTP/1.1 200 OK\r\n${text}`)])),
      { numRuns: 500 },
    );
  });

  it("accepts nothing that Node's own client refuses, and reads it the same way", async () => {
    let answer = "";
    const server = createServer((socket) => {
      socket.on("error", () => {});
      socket.on("data", () => socket.end(answer, "latin1"));
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    let accepted = 0;
    const mutations = tuple(
      constantFrom(...ANSWERS),
      array(tuple(integer({ min: 0, max: 200 }), integer({ min: 0, max: 3 }), constantFrom(...PIECES)), {
        maxLength: 2,
      }),
    );
    try {
      await assert(
        asyncProperty(mutations, async ([text, changes]) => {
          answer = changes.reduce((now, [at, drop, piece]) => {
            const place = at % (now.length + 1);
            return now.slice(0, place) + piece + now.slice(place + drop);
          }, text);
          const ours = read([Buffer.from(answer, "latin1")]);
          if (ours.trailers === undefined || ours.failure !== undefined || ours.status === 101) return;
          if (ours.surplus !== "") return; // not read any further here, while Node goes on and may fail
          accepted += 1;
          const theirs = await askNode(port);
          expect({ answer, ...theirs }).toEqual({ answer, status: ours.status, body: ours.body });
        }),
        { numRuns: 400 },
      );
    } finally {
      server.close();
    }
    expect(accepted).toBeGreaterThan(50);
  });
});

function askNode(port: number): Promise<{ status: number | undefined; body: string; error?: string }> {
  return new Promise((resolve) => {
    const request = httpRequest({ port, host: "127.0.0.1", agent: false });
    request.on("error", (error) => resolve({ status: undefined, body: "", error: error.message }));
    request.on("response", (response) => {
      let body = "";
      response.on("data", (part: Buffer) => {
        body += part.toString("latin1");
      });
      response.on("error", (error) => resolve({ status: response.statusCode, body, error: error.message }));
      response.on("end", () => resolve({ status: response.statusCode, body }));
    });
    request.end();
  });
}
