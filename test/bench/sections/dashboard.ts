import { type Operation, scoped } from "effection";
import { browserPath, NO_BROWSER } from "../../support/browser.ts";
import type { Listening } from "../fronts.ts";
import { useProgram } from "../process.ts";
import type { DashboardSample, PageSample } from "../programs/dashboard-page.ts";
import { median } from "../rounds.ts";
import type { Figure, Section } from "../section.ts";

const HOSTNAMES = 1_000;
const RATE = 500;
const SECONDS = 5;

/** How smoothly the dashboard runs in a browser while everything changes. */
export const dashboard: Section = {
  name: "dashboard",
  title: `Dashboard in Chromium: ${HOSTNAMES} hostnames, ${RATE} requests/s`,
  *run({ settings }) {
    if (browserPath === undefined) return { rates: [], figures: [], notes: [NO_BROWSER] };
    const samples: DashboardSample[] = [];
    for (let i = 0; i < settings.schedule.batches; i += 1) samples.push(yield* scoped(measure));
    const of = (view: "list" | "service" | "empty", value: keyof PageSample) =>
      median(samples.map((sample) => sample[view][value]));
    const figures: Figure[] = [{ name: "first paint", value: of("list", "firstPaint"), unit: "ms" }];
    for (const [view, name] of VIEWS) {
      figures.push(
        { name: `${name}: frame, p99`, value: of(view, "p99"), unit: "ms" },
        { name: `${name}: frame, longest`, value: of(view, "longest"), unit: "ms" },
        { name: `${name}: longest task, processor time`, value: of(view, "task"), unit: "ms" },
        { name: `${name}: scripts for a frame`, value: of(view, "script"), unit: "ms" },
        { name: `${name}: main thread for a frame`, value: of(view, "busy"), unit: "ms" },
      );
    }
    const answered = Math.round(median(samples.map(({ perSecond }) => perSecond)));
    const notes = [
      `${SECONDS} s for each page, medians of ${samples.length}; a frame lasts until the next one begins: 16.7 ms at best`,
      `${answered} requests per second were answered; browser, load and switchboard share the machine`,
      "the empty page shows what the machine alone does to frames",
    ];
    return { rates: [], figures, notes };
  },
};

const VIEWS = [
  ["list", "list"],
  ["service", "one hostname"],
  ["empty", "empty page"],
] as const;

function* measure(): Operation<DashboardSample> {
  const board = new URL("../programs/switchboard.ts", import.meta.url);
  const { port } = yield* useProgram<Listening>(board, ["handler", HOSTNAMES]);
  const page = new URL("../programs/dashboard-page.ts", import.meta.url);
  return yield* useProgram<DashboardSample>(page, [port, HOSTNAMES, RATE, SECONDS]);
}
