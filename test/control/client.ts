import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { expect } from "vitest";
import type { RunningSwitchboard } from "../../src/index.ts";

/** An answer of the API, which was checked against its schema. */
export interface Checked {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: whatever the schema says
  body: any;
}

interface Document {
  paths: Record<string, Record<string, { responses: Record<string, { content?: Record<string, unknown> }> }>>;
}

/** Documents by their text: to compile the schemas takes longer than most tests, and boards serve the same. */
const compiled = new Map<string, { document: Document; ajv: Ajv2020 }>();

/** Asks the API of a board. Every answer has to be one that the document says, which the board itself serves. */
export class ControlClient {
  readonly document: Document;
  readonly #board: RunningSwitchboard;
  readonly #ajv: Ajv2020;

  private constructor(board: RunningSwitchboard, text: string) {
    this.#board = board;
    const { document, ajv } = compiled.get(text) ?? compile(text);
    this.document = document;
    this.#ajv = ajv;
  }

  static async open(board: RunningSwitchboard): Promise<ControlClient> {
    const response = await board.fetch("switchboard", "/openapi.json");
    expect(response.status).toBe(200);
    return new ControlClient(board, await response.text());
  }

  /** Reads, without a token. */
  get(path: string, headers: Record<string, string> = {}): Promise<Checked> {
    return this.ask("GET", path, undefined, headers);
  }

  /** Changes something, with the token. */
  send(method: string, path: string, body?: unknown): Promise<Checked> {
    return this.ask(method, path, body, { Authorization: `Bearer ${this.#board.control?.token}` });
  }

  async ask(method: string, path: string, body: unknown, headers: Record<string, string>): Promise<Checked> {
    const json = body === undefined ? {} : { body: JSON.stringify(body) };
    const type = body === undefined ? {} : { "Content-Type": "application/json" };
    const response = await this.#board.fetch("switchboard", path, {
      method,
      headers: { ...type, ...headers },
      ...json,
    });
    const text = await response.text();
    const isJson = /json/.test(response.headers.get("content-type") ?? "");
    const answer = { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
    this.#check(method, path, answer);
    return answer;
  }

  #check(method: string, path: string, { status, headers, body }: Checked): void {
    const [pathname = ""] = path.split("?");
    const template = Object.keys(this.document.paths).find((known) => toPattern(known).test(pathname));
    const operation = this.document.paths[template ?? ""]?.[method.toLowerCase()];
    const where = `${method} ${path} -> ${status}`;
    if (operation === undefined) {
      expect(status, where).toBe(template === undefined ? 404 : 405);
      return;
    }
    const response = operation.responses[status];
    expect(response, `${where} is not in the document`).toBeDefined();
    const content = response?.content;
    const type = (headers.get("content-type") ?? "").split(";")[0] as string;
    if (content === undefined) {
      expect(body, where).toBe("");
      return;
    }
    expect(Object.keys(content), where).toContain(type);
    const place = [
      "paths",
      template ?? "",
      method.toLowerCase(),
      "responses",
      String(status),
      "content",
      type,
      "schema",
    ];
    const validate = this.#ajv.getSchema(`document#/${place.map(toPointer).join("/")}`) as ValidateFunction;
    validate(body);
    expect(validate.errors ?? [], where).toEqual([]);
  }
}

function compile(text: string): { document: Document; ajv: Ajv2020 } {
  const document = JSON.parse(text) as Document;
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);
  // The document is no schema itself, but has some: the test of it validates it, and to compile what would do so here takes a second.
  ajv.addSchema(document, "document", undefined, false);
  const made = { document, ajv };
  compiled.set(text, made);
  return made;
}

function toPointer(segment: string): string {
  return encodeURIComponent(segment.replaceAll("~", "~0").replaceAll("/", "~1"));
}

function toPattern(template: string): RegExp {
  return new RegExp(`^${template.replaceAll(/\{\w+\}/g, "[^/]+")}$`);
}
