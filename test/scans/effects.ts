import { type Finding, isFunction, lineOf, type Node, parse, walk } from "./syntax.ts";

/**
 * `yield*` inside `finally`: it loses a halt (the code after it runs), and can itself be cut short. `ensure` has
 * neither defect.
 */
export function findYieldInFinally(file: string, text: string): Finding[] {
  const findings: Finding[] = [];
  walk(parse(file, text), (node) => {
    if (node.type === "TryStatement" && node.finalizer) {
      walk(node.finalizer as Node, (inner) => {
        if (isFunction(inner)) return false;
        if (inner.type === "YieldExpression")
          findings.push({ line: lineOf(text, inner.start), what: "yield in finally" });
        return undefined;
      });
    }
    return undefined;
  });
  return findings;
}

/** Operations of effection that do nothing until they are yielded. */
const LAZY = new Set([
  "action",
  "all",
  "allSettled",
  "call",
  "each",
  "ensure",
  "exit",
  "interval",
  "lift",
  "race",
  "resource",
  "scoped",
  "sleep",
  "spawn",
  "suspend",
  "until",
  "useAbortSignal",
  "useScope",
]);

/**
 * Effects that nobody yields: a statement that only calls an operation (of effection, of this file, or by the
 * name of one: `useX`), or a `halt()` whose future nobody looks at. Both do nothing at all.
 */
export function findIdleEffects(file: string, text: string): Finding[] {
  const program = parse(file, text);
  const lazy = new Set<string>();
  walk(program, (node) => {
    if (node.type === "ImportDeclaration" && (node.source as Node).value === "effection") {
      for (const specifier of node.specifiers as Node[]) {
        const imported = (specifier.imported as Node | undefined)?.name as string | undefined;
        if (imported !== undefined && LAZY.has(imported)) lazy.add((specifier.local as Node).name as string);
      }
    }
    if (node.type === "FunctionDeclaration" && node.generator) lazy.add((node.id as Node).name as string);
    if (node.type === "MethodDefinition" && (node.value as Node).generator)
      lazy.add(`this.${nameOf(node.key as Node)}`);
    return undefined;
  });
  const findings: Finding[] = [];
  walk(program, (node) => {
    const call = node.type === "ExpressionStatement" ? unwrapVoid(node.expression as Node) : undefined;
    if (call?.type !== "CallExpression") return undefined;
    const name = calleeName(call.callee as Node);
    if (name !== undefined && (lazy.has(name) || /^use[A-Z]|\.halt$/.test(name))) {
      findings.push({ line: lineOf(text, node.start), what: `${name}() is never yielded` });
    }
    return undefined;
  });
  return findings;
}

function unwrapVoid(node: Node): Node {
  return node.type === "UnaryExpression" && node.operator === "void" ? (node.argument as Node) : node;
}

/** `f` for `f()`, `this.f` for `this.f()`, `.f` for a call on anything else. */
function calleeName(callee: Node): string | undefined {
  if (callee.type === "Identifier") return nameOf(callee);
  if (callee.type !== "MemberExpression") return undefined;
  const owner = (callee.object as Node).type === "ThisExpression" ? "this" : "";
  return `${owner}.${nameOf(callee.property as Node)}`;
}

function nameOf({ type, name }: Node): string {
  return type === "PrivateIdentifier" ? `#${name}` : String(name);
}
