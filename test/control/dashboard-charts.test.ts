import { describe, expect, it } from "vitest";
import { type AppFactory, createSwitchboard } from "../../src/index.ts";
import { browserPath } from "../support/browser.ts";
import { type Dashboard, useDashboard } from "./dashboard-page.ts";

const app: AppFactory = () => (_request, response) => void response.end("hello");

/** What a module of the page gives for these values; JSON has no `undefined`. */
function evaluate<T>({ page }: Dashboard, module: string, call: string): Promise<T> {
  return page.evaluate<T>(`import("./${module}").then((module) => module.${call})`);
}

describe.skipIf(browserPath === undefined)("charts of the dashboard", { timeout: 60_000 }, () => {
  const open = useDashboard();

  it("go on over short gaps, and not over long ones", async () => {
    await using board = await createSwitchboard({ app, basePort: 0 });
    await using dashboard = await open(board);
    const n = null;
    const bridge = (values: (number | null)[]) =>
      evaluate(
        dashboard,
        "chart-gaps.js",
        `bridgeGaps(${JSON.stringify(values)}).map((value) => value === undefined ? "on" : value)`,
      );
    expect(await bridge([n, 1, n, n, 2, n])).toEqual([n, 1, "on", "on", 2, n]);
    expect(await bridge([1, n, n, n, n, n, n, 2])).toEqual([1, n, n, n, n, n, n, 2]);
    expect(await evaluate(dashboard, "chart-gaps.js", "findLonely([1, null, 0, null, 2, undefined, 3])")).toEqual([
      0, 2,
    ]);
  });

  it("are as long as they say, also when little has happened", async () => {
    await using board = await createSwitchboard({ app, basePort: 0 });
    await using dashboard = await open(board);
    const point = { time: "2026-01-31T12:00:00Z", requests: 5, errors: 0, p50Ms: 7, p95Ms: 8, p99Ms: 9, inFlight: 0 };
    const group = (points: object[], range: string) =>
      evaluate<{ time: number; p50Ms: number | null }[]>(
        dashboard,
        "group-points.js",
        `groupPoints(${JSON.stringify(points)}, 1000, "${range}")`,
      );
    for (const [range, seconds] of [
      ["10m", 600],
      ["24h", 86_400],
    ] as const) {
      for (const points of [[], [point]]) {
        const groups = await group(points, range);
        const [first, last] = [groups[0], groups.at(-1)];
        expect((last?.time ?? 0) - (first?.time ?? 0)).toBe(seconds - seconds / 120);
        expect(last?.p50Ms).toBe(points.length === 0 ? null : 7);
        expect(first?.p50Ms).toBe(null);
      }
    }
  });

  it("say the last value that is known, of the last minute", async () => {
    await using board = await createSwitchboard({ app, basePort: 0 });
    await using dashboard = await open(board);
    const point = (second: number, p50Ms: number | null) => ({
      time: new Date(Date.UTC(2026, 0, 31, 12, 0, second)).toISOString(),
      ...{ requests: 1, errors: 0, p50Ms, p95Ms: p50Ms, p99Ms: p50Ms, inFlight: 0 },
    });
    const points = [point(0, 42), ...[5, 10, 15].map((second) => point(second, null))];
    const json = () => ({ stepMs: 1_000, points });
    await dashboard.page.route("**/api/services/shop/history?**", (route) => route.fulfill({ json: json() }));
    await board.fetch("shop");
    await dashboard.row("shop").click();
    const chart = dashboard.page.getByRole("figure").filter({ hasText: "Duration" });
    const legend = chart.locator(".legend b").first();
    await legend.getByText("42 ms").waitFor();
    points.push(point(60, null));
    await legend.getByText("–", { exact: true }).waitFor();
  });
});
