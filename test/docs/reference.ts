import { relative } from "node:path";
import type { EntryPoint } from "./api.ts";
import { areOptions } from "./completeness.ts";
import type { Declaration, Member } from "./declaration.ts";
import { code, table, toDefault, toMarkdown } from "./markdown.ts";

/** What the exports of each folder of `src/` are about, in the order of the reference. */
const SUBJECTS: readonly (readonly [room: string, subject: string])[] = [
  ["start", "Pool and switchboard in one"],
  ["pool", "The pool"],
  ["switchboard", "The front door"],
  ["server", "Apps, and servers alone"],
  ["resilience", "Patterns"],
  ["base", "Errors"],
  ["resilience", "Patterns"],
  ["testing", "For tests"],
];

const KINDS: readonly Declaration["kind"][] = ["function", "const", "class", "interface", "type"];

/** The API reference, for `src/README.md`. */
export function renderReference(entryPoints: readonly EntryPoint[]): string {
  const names = new Set(entryPoints.flatMap(({ exports }) => exports.map(({ name }) => name)));
  const described = new Set<string>();
  const parts = entryPoints.map((entryPoint) => renderEntryPoint(entryPoint, names, described));
  return `# Reference

Every export, from the doc comments of the sources; \`npm run docs\` writes this file. How to begin is in the
[README](../README.md), why it is so on the pages that it leads to.

**Lifetime** says when something is ready, what releases it, and in which order. **Failure** says what can go wrong, and
who hears of it. Durations are milliseconds; an option that is \`undefined\` has its default.

${parts.join("\n")}`;
}

/** What two entry points export is described where it comes first. */
function renderEntryPoint({ name, exports }: EntryPoint, names: ReadonlySet<string>, described: Set<string>): string {
  const own = exports.filter((declaration) => !described.has(placeOf(declaration)));
  const again = exports.filter((declaration) => described.has(placeOf(declaration)));
  for (const declaration of own) described.add(placeOf(declaration));
  const subjects = [...new Set(own.map(subjectOf))].sort((a, b) => rank(a) - rank(b));
  const groups = subjects.map((subject) => ({
    subject,
    members: own
      .filter((declaration) => subjectOf(declaration) === subject)
      .sort((a, b) => KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind)),
  }));
  const contents = groups.map(
    ({ subject, members }) => `- ${subject}: ${members.map(({ name }) => linkTo(name)).join(", ")}`,
  );
  const sections = groups.map(
    ({ subject, members }) =>
      `### ${subject}\n\n${members.map((declaration) => renderDeclaration(declaration, names)).join("\n")}`,
  );
  if (again.length > 0) contents.push(`- As above: ${again.map(({ name }) => linkTo(name)).join(", ")}`);
  return `## ${code(name)}\n\n${contents.join("\n")}\n\n${sections.join("\n")}`;
}

function renderDeclaration(declaration: Declaration, names: ReadonlySet<string>): string {
  const { name, file, doc, signature, members } = declaration;
  const prose = (text: string) => toMarkdown(text, (target) => linkIfKnown(target, names));
  const path = relative("src", file);
  const parts = [
    `#### ${code(name)}`,
    `\`\`\`ts\n${signature}\n\`\`\``,
    prose(apart(doc?.text ?? "")),
    (doc?.tags ?? []).map(({ tag, text }) => `- ${tag === "returns" ? "Returns" : "Takes"} ${prose(text)}`).join("\n"),
    members.length > 0 ? renderMembers(declaration, prose) : "",
    `Source: [${path}](${path})`,
  ];
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

function renderMembers({ name, kind, members }: Declaration, prose: (text: string) => string): string {
  const meaning = ({ doc }: Member) => prose(doc?.text ?? "");
  if (areOptions(name)) {
    const rows = members.map((member) => [
      code(member.name),
      meaning(member),
      toDefault(member.optional, member.doc?.default),
    ]);
    return table(["option", "meaning", "default"], rows);
  }
  const rows = members.map((member) => [code(member.name), meaning(member)]);
  return table([kind === "type" ? "one of" : "member", "meaning"], rows);
}

/** Lifetime and Failure as paragraphs of their own. */
function apart(text: string): string {
  return text.replace(/\s+\*\*(Lifetime|Failure)\.\*\*\s+/g, "\n\n**$1.** ");
}

function placeOf({ file, line }: Declaration): string {
  return `${file}:${line}`;
}

function subjectOf({ file }: Declaration): string {
  const room = (file.split("/")[1] as string).replace(/\.ts$/, "");
  return SUBJECTS.find(([known]) => known === room)?.[1] ?? room;
}

function rank(subject: string): number {
  const at = SUBJECTS.findIndex(([, known]) => known === subject);
  return at === -1 ? SUBJECTS.length : at;
}

/** `ServerPool.inspect` is described where `ServerPool` is. */
function linkIfKnown(target: string, names: ReadonlySet<string>): string {
  const [name = ""] = target.split(".");
  return names.has(name) ? `[${code(target)}](#${name.toLowerCase()})` : code(target);
}

function linkTo(name: string): string {
  return `[${code(name)}](#${name.toLowerCase()})`;
}
