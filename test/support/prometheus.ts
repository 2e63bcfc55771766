/** One line: what it is of, with its labels. */
export interface ParsedSample {
  name: string;
  labels: Readonly<Record<string, string>>;
  value: number;
}

/** A metric with all that belongs to it. */
export interface ParsedFamily {
  name: string;
  help: string;
  type: string;
  samples: ParsedSample[];
}

const NAME = "[a-zA-Z_:][a-zA-Z0-9_:]*";
const LINE = new RegExp(`^(${NAME})(?:\\{(.*)\\})? (\\S+)$`);
const LABEL = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,(?=.)|$)/;
const NUMBER = /^(?:NaN|[+-]Inf|[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/;

/**
 * Reads the text format of Prometheus (version 0.0.4), and throws at whatever breaks its rules: a family has HELP, then
 * TYPE, then its samples, and comes once; no sample comes twice; the buckets of a histogram grow, end with `+Inf`, and
 * agree with its `_count`.
 */
export function parsePrometheus(text: string): Map<string, ParsedFamily> {
  if (!text.endsWith("\n")) throw new Error("the last line has no end");
  const families = new Map<string, ParsedFamily>();
  const seen = new Set<string>();
  let family: ParsedFamily | undefined;
  for (const line of text.split("\n")) {
    const [, kind, name = "", rest = ""] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? [];
    if (line === "") continue;
    if (kind === "HELP") {
      if (families.has(name)) throw new Error(`${name} comes twice`);
      family = { name, help: rest, type: "", samples: [] };
      families.set(name, family);
    } else if (kind === "TYPE") {
      if (family?.name !== name || family.type !== "") throw new Error(`not in its place: ${line}`);
      if (!/^(?:counter|gauge|histogram)$/.test(rest)) throw new Error(`no type: ${line}`);
      family.type = rest;
    } else {
      const sample = parseSample(line);
      if (family === undefined || family.type === "" || !belongsTo(sample, family))
        throw new Error(`whose is ${line}?`);
      const id = toId(sample.name, sample.labels);
      if (seen.has(id)) throw new Error(`${id} comes twice`);
      seen.add(id);
      family.samples.push(sample);
    }
  }
  for (const each of families.values()) check(each);
  return families;
}

/** The samples with these labels, and perhaps others. */
export function samplesOf(
  families: ReadonlyMap<string, ParsedFamily>,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): ParsedSample[] {
  const family = families.get(name) ?? families.get(name.replace(/_(?:bucket|sum|count)$/, ""));
  if (family === undefined) throw new Error(`there is no ${name}`);
  return family.samples.filter(
    (sample) =>
      sample.name === name && Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
  );
}

/** The sum of those. */
export function sumOf(...args: Parameters<typeof samplesOf>): number {
  return samplesOf(...args).reduce((sum, { value }) => sum + value, 0);
}

/** Every counter, and every sample of a histogram, by its name and labels: what must not get smaller. */
export function countersOf(families: ReadonlyMap<string, ParsedFamily>): Map<string, number> {
  const counting = [...families.values()].filter(({ type }) => type !== "gauge");
  return new Map(
    counting.flatMap(({ samples }) => samples.map(({ name, labels, value }) => [toId(name, labels), value] as const)),
  );
}

function parseSample(line: string): ParsedSample {
  const [, name, inner = "", number = ""] = LINE.exec(line) ?? [];
  if (name === undefined || !NUMBER.test(number)) throw new Error(`no sample: ${line}`);
  const labels: Record<string, string> = {};
  for (let rest = inner; rest !== ""; ) {
    const [whole = "", label, value = ""] = LABEL.exec(rest) ?? [];
    if (label === undefined || label in labels) throw new Error(`no labels: ${line}`);
    labels[label] = value.replaceAll(/\\(.)/g, (_, escaped) => (escaped === "n" ? "\n" : escaped));
    rest = rest.slice(whole.length);
  }
  return { name, labels, value: Number(number.replace("Inf", "Infinity")) };
}

function belongsTo({ name, labels }: ParsedSample, family: ParsedFamily): boolean {
  if (family.type !== "histogram") return name === family.name;
  const suffix = name.startsWith(family.name) ? name.slice(family.name.length) : "";
  return suffix === "_bucket" ? "le" in labels : suffix === "_sum" || suffix === "_count";
}

function check({ name, type, samples }: ParsedFamily): void {
  if (type === "") throw new Error(`${name} has no TYPE`);
  if (type !== "gauge" && samples.some(({ value }) => !(value >= 0))) throw new Error(`${name} is less than nothing`);
  if ((type === "counter") !== name.endsWith("_total")) throw new Error(`${name} is a ${type}`);
  if (type !== "histogram") return;
  const rows = new Map<string, ParsedSample[]>();
  for (const sample of samples) {
    const { le: _le, ...labels } = sample.labels;
    rows.set(toId("", labels), [...(rows.get(toId("", labels)) ?? []), sample]);
  }
  for (const [row, all] of rows) {
    const buckets = all.filter((sample) => sample.name === `${name}_bucket`);
    const bounds = buckets.map(({ labels }) => Number((labels.le as string).replace("Inf", "Infinity")));
    const [sum, count] = ["_sum", "_count"].map((suffix) => all.filter((sample) => sample.name === name + suffix));
    const grows = (numbers: number[], by: (a: number, b: number) => boolean) =>
      numbers.every((n, i) => i === 0 || by(numbers[i - 1] as number, n));
    if (!grows(bounds, (a, b) => a < b)) throw new Error(`${name}${row}: the bounds do not grow`);
    if (
      !grows(
        buckets.map(({ value }) => value),
        (a, b) => a <= b,
      )
    )
      throw new Error(`${name}${row}: not cumulative`);
    if (bounds.at(-1) !== Number.POSITIVE_INFINITY) throw new Error(`${name}${row}: no +Inf`);
    if (sum?.length !== 1 || count?.length !== 1) throw new Error(`${name}${row}: no _sum, or no _count`);
    if (count[0]?.value !== buckets.at(-1)?.value) throw new Error(`${name}${row}: _count is not the last bucket`);
  }
}

function toId(name: string, labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
  return `${name}{${pairs.map(([label, value]) => `${label}=${JSON.stringify(value)}`).join(",")}}`;
}
