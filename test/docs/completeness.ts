import type { EntryPoint } from "./api.ts";
import type { Declaration, Member } from "./declaration.ts";
import { sectionOf } from "./doc-comment.ts";

/** What is missing in the doc comments of all exports, each as `file:line name: what`. */
export function findGaps(entryPoints: readonly EntryPoint[]): string[] {
  const gaps = entryPoints.flatMap(({ exports }) => exports.flatMap(gapsOf));
  return [...new Set(gaps)];
}

/** Whether an interface of this name is a set of options. */
export function areOptions(name: string): boolean {
  return /(?:Config|Options)$/.test(name);
}

function gapsOf(declaration: Declaration): string[] {
  const { doc, name, file, line, members } = declaration;
  const own: string[] = [];
  if (doc === undefined) own.push("has no doc comment");
  else {
    if (doc.text.startsWith("**")) own.push("has no sentence that says what it is");
    for (const heading of ["Lifetime", "Failure"] as const) {
      if (sectionOf(doc, heading) === "") own.push(`does not say its **${heading}.**`);
    }
  }
  return [
    ...own.map((what) => `${file}:${line} ${name}: ${what}`),
    ...members.flatMap((member) => {
      const what = gapOf(member, declaration);
      return what === undefined ? [] : [`${file}:${member.line} ${name}.${member.name}: ${what}`];
    }),
  ];
}

function gapOf({ doc, optional }: Member, { name }: Declaration): string | undefined {
  if (doc === undefined || doc.text === "") return "has no doc comment";
  const isOption = areOptions(name);
  if (isOption && optional && !doc.default) return "is optional and has no @default; say none where there is none";
  if (isOption && !optional && doc.default !== undefined) return "is required and has a @default";
  return undefined;
}
