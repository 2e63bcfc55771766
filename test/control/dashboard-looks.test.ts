import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import axe from "axe-core";
import type { Page } from "playwright-core";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { type AppFactory, commandApp, createSwitchboard, type RunningSwitchboard } from "../../src/index.ts";
import { browserPath } from "../support/browser.ts";
import { type Dashboard, tokenOf, useDashboard } from "./dashboard-page.ts";

/** How many requests each gets in a second, about. */
const HOSTNAMES = {
  admin: 0.1,
  auth: 2,
  billing: 0,
  blog: 0.4,
  cart: 3,
  docs: 0.6,
  mail: 0.2,
  media: 1,
  search: 4,
  shop: 6,
};
const PATHS = ["/", "/", "/cart", "/cart", "/items?page=2", "/items/17", "/missing", "/bad"];
/** Whether the pictures of the repository are made anew. */
const UPDATES = process.env.UPDATE_SCREENSHOTS === "1";
/** A screenshot in the repository has at most so many bytes. */
const MOST_BYTES = 200_000;

const app: AppFactory = ({ hostname }) =>
  hostname === "billing"
    ? commandApp("echo 'cannot connect to the database at 127.0.0.1:5432' >&2; exit 1")
    : (request, response) => {
        response.statusCode = request.url === "/missing" ? 404 : request.url === "/bad" ? 500 : 200;
        setTimeout(() => response.end("hello"), request.url?.startsWith("/items") ? 4 + Math.random() * 20 : 1);
      };

describe.skipIf(browserPath === undefined)("the dashboard, looked at", { timeout: 120_000 }, () => {
  const open = useDashboard();

  it.each(["light", "dark"] as const)("has no barrier that axe knows of, in the %s theme", async (colorScheme) => {
    await using board = await createSwitchboard({ app, basePort: 0 });
    await visit(board);
    await using dashboard = await open(board, { colorScheme, hash: "#/" });
    const { page } = dashboard;
    await dashboard.row("shop").waitFor();
    expect(await barriers(page)).toEqual([]);
    await dashboard.row("shop").click();
    await page.getByRole("grid", { name: "Requests" }).getByText("/missing").waitFor();
    for (const tab of ["Log", "Events", "Replicas", "Faults", "Requests"]) {
      await page.getByRole("tab", { name: tab }).click();
      expect(await barriers(page)).toEqual([]);
    }
    await page.getByRole("grid", { name: "Requests" }).getByText("/missing").click();
    await page.getByRole("dialog").waitFor();
    expect(await barriers(page)).toEqual([]);
    await page.keyboard.press("Escape");
    await page.goto(new URL("#/services/billing", page.url()).href);
    await page.getByRole("region", { name: "Why it failed" }).waitFor();
    expect(await barriers(page)).toEqual([]);
  });

  it("fits a small screen", async () => {
    await using board = await createSwitchboard({ app, basePort: 0 });
    await visit(board);
    await using dashboard = await open(board, { viewport: { width: 360, height: 640 } });
    await dashboard.row("shop").waitFor();
    expect(await overhang(dashboard.page)).toBe(0);
    await dashboard.row("shop").click();
    await dashboard.page.getByRole("heading", { name: "shop", level: 1 }).waitFor();
    expect(await overhang(dashboard.page)).toBe(0);
  });

  it("keeps the theme that somebody has chosen", async () => {
    await using board = await createSwitchboard({ app, basePort: 0 });
    await using dashboard = await open(board, { colorScheme: "light" });
    const { page } = dashboard;
    const ground = () => page.evaluate<string>("getComputedStyle(document.body).backgroundColor");
    const light = await ground();
    await page.getByRole("button", { name: "Theme: auto" }).click();
    await page.getByRole("button", { name: "Theme: light" }).click();
    await page.getByRole("button", { name: "Theme: dark" }).waitFor();
    expect(await ground()).not.toBe(light);
    await page.reload();
    await page.getByRole("button", { name: "Theme: dark" }).waitFor();
    expect(await ground()).not.toBe(light);
  });

  it("has its pictures taken", async () => {
    const folder = await pictureFolder();
    await using board = await boardWithPast(UPDATES ? 600 : 5);
    for (const colorScheme of ["light", "dark"] as const) {
      const viewport = { width: 1280, height: 760 };
      await using dashboard = await open(board, { colorScheme, viewport, hash: `#token=${tokenOf(board)}` });
      await dashboard.page.getByRole("button", { name: "Operator" }).waitFor();
      await dashboard.row("shop").waitFor();
      await board.fetch("shop", "/cart");
      if (colorScheme === "dark") await openShop(dashboard);
      await dashboard.page.locator(".chart .legend b").getByText(/\d/).first().waitFor();
      const path = join(folder, `${colorScheme}.png`);
      await dashboard.page.screenshot({ path });
      expect((await stat(path)).size).toBeLessThan(MOST_BYTES);
    }
  });
});

/** Requests of all sorts. */
async function visit(board: RunningSwitchboard): Promise<void> {
  for (const hostname of Object.keys(HOSTNAMES)) {
    for (const path of ["/", "/missing", "/bad"]) await board.fetch(hostname, path);
  }
}

/** A switchboard that believes to have run for so long: the date is turned back, and comes up to now. */
async function boardWithPast(seconds: number): Promise<RunningSwitchboard> {
  const now = () => performance.timeOrigin + performance.now(); // which goes on
  vi.useFakeTimers({ toFake: ["Date"], now: now() - seconds * 1_000 });
  try {
    const board = await createSwitchboard({ app, basePort: 0, hostnames: { shop: { circuitBreaker: {} } } });
    await visit(board);
    for (let second = 0; second < seconds; second += 1) {
      vi.setSystemTime(now() - (seconds - second) * 1_000);
      const wave = 1 + Math.sin(second / 45) / 2;
      await Promise.all(Object.entries(HOSTNAMES).flatMap(([hostname, rate]) => askSome(board, hostname, rate * wave)));
    }
    return board;
  } finally {
    vi.useRealTimers();
  }
}

function askSome(board: RunningSwitchboard, hostname: string, rate: number): Promise<Response>[] {
  const count = Math.floor(rate * 2 * Math.random() + Math.random());
  return Array.from({ length: rate === 0 ? 0 : count }, () => {
    const isOdd = Math.random() < 0.04;
    return board.fetch(hostname, PATHS[Math.floor(Math.random() * (isOdd ? 8 : 6))]);
  });
}

async function openShop({ page, row }: Dashboard): Promise<void> {
  await row("shop").click();
  await page.getByRole("grid", { name: "Requests" }).getByText("/cart").first().waitFor();
}

/** The committed pictures are made anew with UPDATE_SCREENSHOTS=1; all others are thrown away. */
async function pictureFolder(): Promise<string> {
  if (UPDATES) return join(import.meta.dirname, "screenshots");
  const folder = await mkdtemp(join(tmpdir(), "switchboard-screenshots-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** By how much the page is wider than the screen. */
function overhang(page: Page): Promise<number> {
  return page.evaluate("document.documentElement.scrollWidth - innerWidth");
}

/**
 * What axe objects to, as far as the rules of WCAG 2.2 AA and its own good practice go. Its source is half a megabyte, and
 * what it does not object to far more: neither goes to or from the page without need.
 */
async function barriers(page: Page): Promise<string[]> {
  if (!(await page.evaluate("'axe' in window"))) await page.evaluate(axe.source);
  const violations = await page.evaluate<axe.Result[]>("axe.run(document).then(({ violations }) => violations)");
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`),
  );
}
