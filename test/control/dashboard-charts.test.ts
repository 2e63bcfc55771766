import { describe, expect, it } from "vitest";
import { type AppFactory, createSwitchboard } from "../../src/index.ts";
import { browserPath } from "../support/browser.ts";
import { useDashboard } from "./dashboard-page.ts";

interface Gaps {
  bridgeGaps(values: (number | null)[]): (number | null | undefined)[];
  findLonely(values: (number | null | undefined)[]): number[];
}

interface Groups {
  groupPoints(points: object[], stepMs: number, range: string): { time: number; p50Ms: number | null }[];
}

const app: AppFactory = () => (_request, response) => void response.end("hello");

/** A module of the page that needs no page. */
function load<T>(name: string): Promise<T> {
  return import(new URL(`../../src/control/dashboard/${name}`, import.meta.url).href);
}

describe("what charts of the dashboard draw", () => {
  it("goes on over short gaps, and not over long ones", async () => {
    const { bridgeGaps, findLonely } = await load<Gaps>("chart-gaps.js");
    const [n, on] = [null, undefined];
    expect(bridgeGaps([n, 1, n, n, 2, n])).toStrictEqual([n, 1, on, on, 2, n]);
    expect(bridgeGaps([1, n, n, n, n, n, n, 2])).toStrictEqual([1, n, n, n, n, n, n, 2]);
    expect(findLonely([1, n, 0, n, 2, on, 3])).toEqual([0, 2]);
  });

  it("is as long as it says, also when little has happened", async () => {
    const { groupPoints } = await load<Groups>("group-points.js");
    const point = { time: "2026-01-31T12:00:00Z", requests: 5, errors: 0, p50Ms: 7, p95Ms: 8, p99Ms: 9, inFlight: 0 };
    for (const [range, seconds] of [
      ["10m", 600],
      ["24h", 86_400],
    ] as const) {
      for (const points of [[], [point]]) {
        const groups = groupPoints(points, 1_000, range);
        const [first, last] = [groups[0], groups.at(-1)];
        expect((last?.time ?? 0) - (first?.time ?? 0)).toBe(seconds - seconds / 120);
        expect(last?.p50Ms).toBe(points.length === 0 ? null : 7);
        expect(first?.p50Ms).toBe(null);
      }
    }
  });
});

describe.skipIf(browserPath === undefined)("charts of the dashboard", { timeout: 60_000 }, () => {
  const open = useDashboard();

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
