/** A doc comment: its text, and what its tags say. */
export interface DocComment {
  text: string;
  /** What `@default` says. */
  default: string | undefined;
  /** `@param` and `@returns`, in order; the name of a parameter stands first in its text. */
  tags: readonly { tag: string; text: string }[];
  /** Whether it says `@internal`: no part of the API. */
  internal: boolean;
}

const TAG = /(?:^|(?<=\s))@(default|param|returns|internal)\b/;

/** Reads what stands between the delimiters of a doc comment. */
export function parseDocComment(value: string): DocComment {
  const lines = value.split("\n").map((line) => line.replace(/^\s*\* ?/, "").trimEnd());
  const [text = "", ...rest] = lines.join("\n").split(TAG);
  const tags = rest.flatMap((tag, i) => (i % 2 === 0 ? [{ tag, text: oneLine(rest[i + 1] ?? "") }] : []));
  return {
    text: text.trim(),
    default: tags.find(({ tag }) => tag === "default")?.text,
    tags: tags.filter(({ tag }) => tag === "param" || tag === "returns"),
    internal: tags.some(({ tag }) => tag === "internal"),
  };
}

/** What a doc comment says under a heading such as `**Failure.**`; nothing when it is not there. */
export function sectionOf({ text }: DocComment, heading: "Lifetime" | "Failure"): string {
  const [, section = ""] =
    new RegExp(`\\*\\*${heading}\\.\\*\\*(.*?)(?=\\*\\*[A-Z][a-z]+\\.\\*\\*|\`\`\`|$)`, "s").exec(text) ?? [];
  return section.trim();
}

/** Text as it stands in one cell of a table. */
export function oneLine(text: string): string {
  return text.trim().replace(/\s*\n\s*/g, " ");
}
