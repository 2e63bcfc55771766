import type { Operation } from "effection";
import type { LoadTool } from "./load.ts";
import type { BenchSettings } from "./options.ts";
import type { Rate } from "./rounds.ts";

/** What a section needs. */
export interface Bench {
  settings: BenchSettings;
  tool: LoadTool;
  /** For files that are generated. */
  directory: string;
}

/** A value that was measured. */
export interface Figure {
  name: string;
  value: number;
  unit: string;
}

/** What a section found. */
export interface Outcome {
  /** What `perSecond` counts, and what `ratio` is relative to. */
  columns?: [unit: string, ratio: string];
  rates: Rate[];
  figures: Figure[];
  notes: string[];
}

/** A part of the benchmark that can run alone. */
export interface Section {
  name: string;
  title: string;
  run(bench: Bench): Operation<Outcome>;
}
