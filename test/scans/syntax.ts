import { type Comment, parseSync } from "oxc-parser";

/** A node of the syntax tree (ESTree). */
export interface Node {
  type: string;
  start: number;
  end: number;
  [key: string]: unknown;
}

/** What a scan found. */
export interface Finding {
  line: number;
  what: string;
}

export function parse(file: string, text: string): Node {
  return parseWithComments(file, text).program;
}

/** A comment in a source, with its delimiters. */
export type SourceComment = Pick<Comment, "type" | "value" | "start" | "end">;

export function parseWithComments(file: string, text: string): { program: Node; comments: readonly SourceComment[] } {
  const { program, comments, errors } = parseSync(file, text);
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]?.message}`);
  return { program: program as unknown as Node, comments };
}

/** Calls `visit` for every node, from the root down; the children of a node are left out when it returns false. */
export function walk(node: Node, visit: (node: Node) => boolean | undefined): void {
  if (visit(node) === false) return;
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) {
      if (isNode(child)) walk(child, visit);
    }
  }
}

export function lineOf(text: string, at: number): number {
  return text.slice(0, at).split("\n").length;
}

export function isFunction({ type }: Node): boolean {
  return type === "FunctionDeclaration" || type === "FunctionExpression" || type === "ArrowFunctionExpression";
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";
}
