import { cpus } from "node:os";
import type { Aim } from "./aims.ts";
import type { LoadTool } from "./load.ts";
import type { BenchSettings } from "./options.ts";
import type { Outcome, Section } from "./section.ts";

/** Where the figures come from. */
export interface Machine {
  cpu: string;
  cores: number;
  node: string;
  load: LoadTool["name"];
}

export function describeMachine(load: LoadTool["name"]): Machine {
  const cores = cpus();
  return { cpu: cores[0]?.model.trim() ?? "unknown", cores: cores.length, node: process.version, load };
}

export function formatHead({ cpu, cores, node, load }: Machine, settings: BenchSettings): string {
  const { schedule, seconds, connections, notes } = settings;
  const machine = `${cpu}, ${cores} cores, Node ${node}, load by ${load}`;
  const method = `medians of ${schedule.batches * schedule.rounds} interleaved rounds of ${seconds} s (new processes after ${schedule.rounds}), ${connections} connections, loopback`;
  return [machine, method, ...notes].join("\n");
}

export function formatOutcome({ title }: Section, { columns, rates, figures, notes }: Outcome): string {
  const [unit = "", ratio = ""] = columns ?? [];
  const rows = [
    ...(rates.length > 0 ? [["", unit, ratio, ""]] : []),
    ...rates.map((rate) => [
      rate.name,
      Math.round(rate.perSecond).toLocaleString("en"),
      rate.ratio.toFixed(2),
      rate.failed > 0 ? `FAILED: ${rate.failed} errors` : "",
    ]),
    ...figures.map(({ name, value, unit }) => [name, toText(value), unit, ""]),
  ];
  return ["", title, ...alignColumns(rows), ...notes.map((note) => `  (${note})`)].join("\n");
}

export function formatAims(aims: readonly Aim[]): string {
  const rows = aims.map(({ text, measured, met }) => [text, toText(measured), met ? "met" : "NOT MET"]);
  return ["", "Aims", ...alignColumns(rows)].join("\n");
}

/** The first column to the left, the second to the right. */
function alignColumns(rows: string[][]): string[] {
  const width = (column: number) => Math.max(...rows.map((row) => row[column]?.length ?? 0));
  const [first, second] = [width(0), width(1)];
  return rows.map(([name = "", value = "", ...rest]) =>
    `  ${name.padEnd(first)}  ${value.padStart(second)}  ${rest.map((text) => text.padEnd(9)).join("  ")}`.trimEnd(),
  );
}

function toText(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString("en") : value.toFixed(2);
}
