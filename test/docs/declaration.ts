import { lineOf, type Node } from "../scans/syntax.ts";
import type { Source } from "./api.ts";
import { type DocComment, parseDocComment } from "./doc-comment.ts";

/** Something that an entry point exports. */
export interface Declaration {
  name: string;
  kind: "function" | "class" | "interface" | "type" | "const";
  file: string;
  line: number;
  doc: DocComment | undefined;
  /** As TypeScript, without bodies and comments. */
  signature: string;
  /** Of an interface or a class: its members. Of a union: its alternatives, if they are documented one by one. */
  members: readonly Member[];
}

/** A part of a declaration. */
export interface Member {
  /** Of an alternative with a `type`: that. */
  name: string;
  line: number;
  doc: DocComment | undefined;
  signature: string;
  optional: boolean;
  /** Of an alternative that is an object: the fields beside `type`. */
  fields: readonly string[];
}

const KINDS: Record<string, Declaration["kind"]> = {
  FunctionDeclaration: "function",
  ClassDeclaration: "class",
  TSInterfaceDeclaration: "interface",
  TSTypeAliasDeclaration: "type",
  VariableDeclaration: "const",
};

/** Describes what the export statement `node` declares. */
export function describe(name: string, node: Node, source: Source): Declaration {
  const declaration = node.declaration as Node;
  const kind = KINDS[declaration.type];
  const line = lineOf(source.text, node.start);
  if (kind === undefined) throw new Error(`${source.file}:${line} ${name}: ${declaration.type} cannot be documented`);
  const members = membersOf(declaration).map((member) => describeMember(member, source));
  const shown = members.filter(({ doc }) => doc?.internal !== true);
  const isUnion = kind === "type";
  return {
    name,
    kind,
    file: source.file,
    line,
    doc: docBefore(node, source),
    signature: signatureOf(declaration, shown, source),
    // An alternative of a union may speak for itself: "idle" | "evicted".
    members: isUnion && shown.every(({ doc }) => doc === undefined) ? [] : shown,
  };
}

function membersOf(declaration: Node): Node[] {
  switch (declaration.type) {
    case "TSInterfaceDeclaration":
      return (declaration.body as Node).body as Node[];
    case "ClassDeclaration":
      return ((declaration.body as Node).body as Node[]).filter(isPublic);
    case "TSTypeAliasDeclaration": {
      const type = declaration.typeAnnotation as Node;
      return type.type === "TSUnionType" ? (type.types as Node[]) : [];
    }
    default:
      return [];
  }
}

function isPublic({ type, key, accessibility }: Node): boolean {
  const hidden = (key as Node | undefined)?.type === "PrivateIdentifier" || accessibility === "private";
  return type !== "StaticBlock" && !hidden;
}

function describeMember(node: Node, source: Source): Member {
  const { text } = source;
  const type = node.type === "TSTypeLiteral" ? (node.members as Node[]) : undefined;
  const names = type?.map((field) => textOf(field.key as Node, text)) ?? [];
  const tag = type?.find((_field, i) => names[i] === "type");
  return {
    name: nameOf(node, tag, text),
    line: lineOf(text, node.start),
    doc: docBefore(node, source),
    signature: withoutBody(node, source).replace(/^override /, ""),
    optional: node.optional === true,
    fields: names.filter((name) => name !== "type"),
  };
}

function nameOf(node: Node, tag: Node | undefined, text: string): string {
  const literal = (tag?.typeAnnotation as Node | undefined)?.typeAnnotation as Node | undefined;
  if (node.type === "TSLiteralType" || literal?.type === "TSLiteralType") {
    return String(((literal ?? node).literal as Node).value);
  }
  return textOf((node.key as Node | undefined) ?? node, text);
}

function signatureOf(declaration: Node, members: readonly Member[], source: Source): string {
  const { text } = source;
  if (declaration.type === "TSInterfaceDeclaration" || declaration.type === "ClassDeclaration") {
    const head = strip(declaration.start, (declaration.body as Node).start, source);
    return `${head} {\n${members.map(({ signature }) => `  ${signature}`).join("\n")}\n}`;
  }
  if (declaration.type === "VariableDeclaration") {
    const { id } = (declaration.declarations as [Node])[0];
    return `const ${textOf(id as Node, text)};`;
  }
  return withoutBody(declaration, source);
}

/** The text of a declaration as it stands in a `.d.ts`. */
function withoutBody(node: Node, source: Source): string {
  const callable = (node.type === "MethodDefinition" ? node.value : node) as Node;
  const body = callable.body as Node | null | undefined;
  const value = node.type === "PropertyDefinition" && node.typeAnnotation ? (node.value as Node | null) : null;
  let text = strip(node.start, body?.start ?? value?.start ?? node.end, source).replace(/\s*=?$/, "");
  for (const parameter of (callable.params as Node[] | undefined) ?? []) {
    text = text.replace(textOf(parameter, source.text), describeParameter(parameter, source.text));
  }
  text = text.replace(/^(?:async|declare) /, "").replace(/^function\*/, "function");
  return /[;,]$/.test(text) || node.type.startsWith("TSTypeLiteral") ? text : `${text};`;
}

/** A parameter with a default is optional; one that is taken apart at once has no name of its own. */
function describeParameter(parameter: Node, text: string): string {
  const hasDefault = parameter.type === "AssignmentPattern";
  const target = (hasDefault ? parameter.left : parameter) as Node;
  const type = target.typeAnnotation as Node | null | undefined;
  if (!hasDefault && target.type !== "ObjectPattern") return textOf(parameter, text);
  const name = target.type === "ObjectPattern" ? "options" : String(target.name);
  const inferred = `: ${typeof (parameter.right as Node | undefined)?.value}`;
  return `${name}${hasDefault ? "?" : ""}${type ? textOf(type, text) : inferred}`;
}

/** Source text without its comments and the lines they leave empty. */
function strip(start: number, end: number, { text, comments }: Source): string {
  let kept = "";
  let at = start;
  for (const comment of comments) {
    if (comment.start < at || comment.end > end) continue;
    kept += text.slice(at, comment.start);
    at = comment.end;
  }
  return (kept + text.slice(at, end)).replace(/\n\s*(?=\n)/g, "").trim();
}

/** The doc comment right before a node; only the bar of an alternative may stand between them. */
function docBefore({ start }: Node, { text, comments }: Source): DocComment | undefined {
  const comment = comments.findLast(({ end }) => end <= start);
  if (comment?.type !== "Block" || !comment.value.startsWith("*")) return undefined;
  return /^\s*\|?\s*$/.test(text.slice(comment.end, start)) ? parseDocComment(comment.value) : undefined;
}

function textOf({ start, end }: Node, text: string): string {
  return text.slice(start, end);
}
