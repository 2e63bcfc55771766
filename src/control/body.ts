import type { Request, Response } from "express";
import { ControlError } from "./control-error.ts";

/** The largest body. Nothing that the API takes comes near it. */
const MOST_BYTES = 65_536;

/** JSON has no charset but UTF-8 (RFC 8259 section 8.1). */
const JSON_TYPE = /^application\/json *(?:; *charset="?utf-8"? *)?$/i;

/**
 * Reads the body of a request as JSON, if it has one, into `request.body`. Throws for one that is too large, or of another
 * type; what is left of it is not read then. (`express.json` would read all of it, to throw it away.)
 */
export async function readBody(request: Request, response: Response): Promise<void> {
  const { headers } = request;
  const length = Number(headers["content-length"] ?? 0);
  if (length === 0 && headers["transfer-encoding"] === undefined) return;
  if (length > MOST_BYTES) throw tooLarge();
  const { "content-type": type = "", "content-encoding": encoding = "identity" } = headers;
  if (!JSON_TYPE.test(type) || encoding !== "identity") {
    const detail = "a body has Content-Type: application/json, in UTF-8, and no Content-Encoding";
    throw new ControlError({ status: 415, code: "NOT_JSON", detail });
  }
  if (headers.expect?.toLowerCase() === "100-continue") response.writeContinue();
  request.body = parse(await collect(request));
}

function collect(request: Request): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size <= MOST_BYTES) chunks.push(chunk);
      else {
        request.pause();
        reject(tooLarge());
      }
    });
    request.on("end", () => resolve(Buffer.concat(chunks)));
    // Its client has left: nobody sees the answer.
    request.on("close", () => reject(badBody("the body broke off")));
    request.on("error", () => reject(badBody("the body broke off")));
  });
}

function parse(bytes: Buffer): unknown {
  try {
    const value: unknown = JSON.parse(bytes.toString("utf8"));
    if (typeof value === "object" && value !== null) return value;
  } catch {
    // said below
  }
  throw badBody("the body is no JSON object");
}

function badBody(detail: string): ControlError {
  return new ControlError({ status: 400, code: "INVALID_JSON", detail });
}

function tooLarge(): ControlError {
  return new ControlError({ status: 413, code: "BODY_TOO_LARGE", detail: `a body has at most ${MOST_BYTES} bytes` });
}
