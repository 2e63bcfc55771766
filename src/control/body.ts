import express, { type NextFunction, type Request, type RequestHandler, type Response } from "express";
import { ControlError } from "./control-error.ts";

/** The largest body. Nothing that the API takes comes near it. */
const MOST_BYTES = 65_536;

const parse: RequestHandler = express.json({ limit: MOST_BYTES, inflate: false, type: () => true });

/** Reads the body of a request as JSON, if it has one. Throws for one that is too large, or of another type. */
export function readBody(request: Request, response: Response): Promise<void> {
  const { headers } = request;
  const length = Number(headers["content-length"] ?? 0);
  if (length === 0 && headers["transfer-encoding"] === undefined) return Promise.resolve();
  if (length > MOST_BYTES) return Promise.reject(tooLarge());
  if (!/^application\/json *(?:;|$)/i.test(headers["content-type"] ?? "")) {
    return Promise.reject(
      new ControlError({ status: 415, code: "NOT_JSON", detail: "a body has Content-Type: application/json" }),
    );
  }
  if (headers.expect?.toLowerCase() === "100-continue") response.writeContinue();
  return new Promise((resolve, reject) => {
    const next: NextFunction = (error?: unknown) => {
      if (error === undefined) resolve();
      else reject(toControlError(error as BodyError));
    };
    parse(request, response, next);
  });
}

/** What `express.json` fails with. */
interface BodyError extends Error {
  type?: string;
  status?: number;
}

function toControlError(error: BodyError): Error {
  switch (error.type) {
    case "entity.too.large":
      return tooLarge();
    case "encoding.unsupported":
    case "charset.unsupported":
      return new ControlError({ status: 415, code: "NOT_JSON", detail: "a body is JSON in UTF-8, and not compressed" });
    case "entity.parse.failed":
      return new ControlError({ status: 400, code: "INVALID_JSON", detail: "the body is no JSON object" });
    default:
      return new ControlError({ status: 400, code: "BODY_FAILED", detail: "the body could not be read" });
  }
}

function tooLarge(): ControlError {
  const detail = `a body has at most ${MOST_BYTES} bytes`;
  return new ControlError({ status: 413, code: "BODY_TOO_LARGE", detail });
}
