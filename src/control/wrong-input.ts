import type { z } from "zod";

/** A value is told up to so many characters. */
const MOST = 60;

type Issue = z.core.$ZodIssue;

/** What is wrong with a field, in one sentence that begins with its name: the rule, and what was given. */
export function wrongInput(field: string, issue: Issue): string {
  if (issue.code === "unrecognized_keys") return `${field} is not known here`;
  const rule = ruleOf(issue);
  if (rule === undefined) return `${field}: ${issue.message}`;
  return `${field} must be ${rule}, got ${toGiven(issue.input)}`;
}

/** What it would have to be; `undefined` where only the message says it. */
function ruleOf(issue: Issue): string | undefined {
  switch (issue.code) {
    case "invalid_type":
      return NOUNS[issue.expected] ?? `of type ${issue.expected}`;
    case "too_small":
      return `${issue.inclusive === false ? "more than" : "at least"} ${issue.minimum}${SIZES[issue.origin] ?? ""}`;
    case "too_big":
      return `${issue.inclusive === false ? "less than" : "at most"} ${issue.maximum}${SIZES[issue.origin] ?? ""}`;
    case "invalid_value":
      return issue.values.length === 1 ? String(issue.values[0]) : `one of ${issue.values.join(", ")}`;
    default:
      return undefined;
  }
}

const NOUNS: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "an object",
  record: "an object",
};

const SIZES: Readonly<Record<string, string>> = {
  string: " characters long",
  array: " entries long",
};

function toGiven(value: unknown): string {
  if (value === undefined) return "nothing";
  const text = JSON.stringify(value) ?? typeof value;
  return text.length <= MOST ? text : `${text.slice(0, MOST)}…`;
}
