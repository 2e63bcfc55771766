import { type Node, parse, walk } from "../scans/syntax.ts";

/** An answer to a client: `503 POOL_FULL`. */
export type Answer = `${number} ${string}`;

/** The answers that a source can send: objects with a `status` and a `code`, and cases of a `code` that return a status. */
export function answersOf(file: string, text: string): Answer[] {
  const answers: Answer[] = [];
  walk(parse(file, text), (node) => {
    if (node.type === "ObjectExpression") {
      const [status, code] = [valueIn(node, "status"), valueIn(node, "code")];
      if (typeof status === "number" && typeof code === "string") answers.push(`${status} ${code}`);
    }
    if (node.type === "SwitchStatement") answers.push(...answersOfCases(node));
    return undefined;
  });
  return answers;
}

/** The answers that a table of the README lists: a status, a description, and codes in the last cell of each row. */
export function answersInTable(markdown: string): Answer[] {
  return [...markdown.matchAll(/^\| (\d{3}) \|.*\| ([^|]*) \|$/gm)].flatMap(([, status, cell = ""]) =>
    [...cell.matchAll(/`(\w+)`/g)].map(([, code]): Answer => `${Number(status)} ${code}`),
  );
}

function answersOfCases({ cases }: Node): Answer[] {
  const answers: Answer[] = [];
  let codes: string[] = [];
  for (const { test, consequent } of cases as Node[]) {
    const code = (test as Node | null)?.value;
    if (typeof code === "string") codes.push(code);
    const [first] = consequent as Node[];
    if (first === undefined) continue; // falls through to the next case
    const status = first.type === "ReturnStatement" ? (first.argument as Node | null)?.value : undefined;
    if (typeof status === "number") answers.push(...codes.map((code): Answer => `${status} ${code}`));
    codes = [];
  }
  return answers;
}

function valueIn({ properties }: Node, name: string): unknown {
  const property = (properties as Node[]).find(({ key }) => (key as Node | undefined)?.name === name);
  return (property?.value as Node | undefined)?.value;
}
