import type { EntryPoint } from "./api.ts";
import type { Declaration, Member } from "./declaration.ts";
import { oneLine } from "./doc-comment.ts";
import { code, table, toDefault, toMarkdown } from "./markdown.ts";

/** What the options of a config are of, in one word. A config that is not listed is called by its name. */
const OWNERS: Record<string, string> = {
  ServerPoolConfig: "pool",
  RestartConfig: "restart",
  BackoffConfig: "backoff",
  HostnameConfig: "hostnames",
  ReplicaConfig: "pool, hostnames",
  HealthConfig: "health",
  OutlierConfig: "outliers",
  SwitchboardConfig: "switchboard",
  RunConfig: "both",
  ModuleConfig: "apps",
  CommandConfig: "apps",
  RemoteConfig: "apps",
  DeliveryConfig: "switchboard, hostnames",
  RateLimitConfig: "rateLimit",
  ConcurrencyConfig: "concurrency",
  CircuitConfig: "circuitBreaker",
  ExpressServerConfig: "server",
  CircuitBreakerConfig: "breaker",
  RateLimiterConfig: "limiter",
  RetryBudgetConfig: "retry budget",
};

interface OptionRow {
  name: string;
  of: string[];
  meaning: string;
  default: string;
}

/** The options of every `*Config` that is exported. Options that are the same in several of them share a row. */
export function optionsTable(entryPoints: readonly EntryPoint[]): string {
  const rows: OptionRow[] = [];
  const configs = exportsOf(entryPoints).filter(({ kind, name }) => kind === "interface" && name.endsWith("Config"));
  for (const config of configs.sort((a, b) => rank(a) - rank(b))) {
    const of = OWNERS[config.name] ?? config.name;
    for (const member of config.members) {
      const row = toOption(member, of);
      const same = rows.find(
        (other) => other.name === row.name && other.meaning === row.meaning && other.default === row.default,
      );
      if (same === undefined) rows.push(row);
      else same.of.push(of);
    }
  }
  return table(
    ["option", "of", "meaning", "default"],
    rows.map((row) => [code(row.name), row.of.join(", "), row.meaning, row.default]),
  );
}

/** The events that the unions `*Event`, and `ShutdownReport`, tell apart by `type`. */
export function eventsTable(entryPoints: readonly EntryPoint[]): string {
  const all = exportsOf(entryPoints);
  const rows = ["SwitchboardEvent", "ServerEvent", "ChangedEvent", "ShutdownReport"].flatMap((name) => {
    const event = all.find((declaration) => declaration.name === name);
    if (event === undefined) throw new Error(`${name} is not exported: correct the list of events here`);
    return event.kind === "interface" ? [toRecord(event)] : event.members.map(toEvent);
  });
  return table(["event", "when", "fields"], rows);
}

/** The codes of `SwitchboardError`: what each means, and the way out. */
export function codesTable(entryPoints: readonly EntryPoint[]): string {
  const codes = exportsOf(entryPoints).find(({ name }) => name === "SwitchboardErrorCode")?.members ?? [];
  return table(
    ["code", "meaning", "the way out"],
    codes.map(({ name, doc }) => [code(name), ...splitAdvice(toMarkdown(oneLine(doc?.text ?? "")))]),
  );
}

/** The first sentence says what happened, the rest what to do about it. */
export function splitAdvice(text: string): [what: string, advice: string] {
  const [, what = text, advice = ""] = /^(.*?\.) (.*)$/.exec(text) ?? [];
  return [what, advice];
}

function toOption({ name, doc, optional }: Member, of: string): OptionRow {
  const meaning = toMarkdown(oneLine(doc?.text ?? ""));
  return { name, of: [of], meaning, default: toDefault(optional, doc?.default) };
}

function toEvent({ name, doc, fields }: Member): string[] {
  return [code(name), toMarkdown(doc?.text ?? ""), fields.map(code).join(", ")];
}

function toRecord({ doc, members }: Declaration): string[] {
  const [type] = members.flatMap(({ name, signature }) =>
    name === "type" ? /"(.*)"/.exec(signature)?.[1] : undefined,
  );
  const [what] = splitAdvice(oneLine(doc?.text ?? ""));
  const fields = members.filter(({ name }) => name !== "type").map(({ name }) => code(name));
  return [code(type ?? ""), toMarkdown(what), fields.join(", ")];
}

function rank({ name }: Declaration): number {
  const at = Object.keys(OWNERS).indexOf(name);
  return at === -1 ? Number.POSITIVE_INFINITY : at;
}

function exportsOf(entryPoints: readonly EntryPoint[]): Declaration[] {
  return entryPoints.flatMap(({ exports }) => [...exports]);
}
