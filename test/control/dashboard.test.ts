import type { IncomingMessage, ServerResponse } from "node:http";
import { createEventLog } from "effection-switchboard/testing";
import type { Page } from "playwright-core";
import { describe, expect, it, vi } from "vitest";
import { type AppFactory, commandApp, createSwitchboard, threadApp } from "../../src/index.ts";
import { browserPath } from "../support/browser.ts";
import { makeFolder } from "../support/folder.ts";
import { createGate } from "../support/gate.ts";
import { tokenOf, useDashboard } from "./dashboard-page.ts";

const hello = (_request: IncomingMessage, response: ServerResponse) => void response.end("hello");
const app: AppFactory = () => hello;

describe.skipIf(browserPath === undefined)("the dashboard", { timeout: 60_000 }, () => {
  const open = useDashboard();

  it("says how to begin while there is nothing", async () => {
    await using board = await createSwitchboard({ app, basePort: 0 });
    await using dashboard = await open(board);
    await dashboard.page.getByText("No hostname has been asked for yet").waitFor();
    const link = dashboard.page.getByRole("link", { name: "hello.localhost" });
    expect(await link.getAttribute("href")).toBe(`http://hello.localhost:${board.port}/`);
    expect(await dashboard.page.getByRole("grid").count()).toBe(0);
    await dashboard.page.getByText("live", { exact: true }).waitFor();
  });

  it.each([false, true])("shows hostnames as they come, change and go (by address: %s)", async (byAddress) => {
    const gate = createGate();
    const slow: AppFactory = async ({ hostname }) => {
      if (hostname === "slow") await gate.promise;
      return hello;
    };
    await using board = await createSwitchboard({ app: slow, basePort: 0 });
    await using dashboard = await open(board, { byAddress });
    await board.fetch("shop");
    await dashboard.cell("shop", "state").getByText("running").waitFor();
    await dashboard.cell("shop", "kind").getByText("inline").waitFor();
    await dashboard.cell("shop", "rate").getByText("<0.1", { exact: true }).waitFor();
    const held = board.fetch("slow");
    await dashboard.cell("slow", "state").getByText("starting").waitFor();
    gate.open();
    await held;
    await dashboard.cell("slow", "state").getByText("running").waitFor();
    await board.pool.getOrCreate("quiet");
    await dashboard.cell("quiet", "state").getByText("running").waitFor();
    for (const hostname of ["quiet", "shop"]) await board.pool.shutdown(hostname);
    await dashboard.row("quiet").waitFor({ state: "hidden" });
    await dashboard.cell("shop", "state").getByText("stopped").waitFor(); // it has had a request
    await dashboard.page.getByText("2 hostnames", { exact: true }).waitFor();
  });

  it("counts requests and errors, and draws them", async () => {
    const failing: AppFactory = () => (request, response) => {
      response.statusCode = request.url === "/bad" ? 500 : 200;
      response.end();
    };
    await using board = await createSwitchboard({ app: failing, basePort: 0 });
    await using dashboard = await open(board);
    for (const path of ["/", "/", "/bad", "/bad"]) await board.fetch("shop", path);
    await dashboard.cell("shop", "errors").getByText("50 %").waitFor();
    const status = dashboard.page.locator(".overview div").filter({ hasText: "Status" });
    await status.getByText("healthy, but", { exact: true }).and(dashboard.page.locator("[data-tone=warn]")).waitFor();
    await status.getByText("50 % errors", { exact: true }).waitFor();
    await vi.waitFor(async () => {
      expect(await dashboard.cell("shop", "spark").locator(".spark-line").getAttribute("d")).toMatch(/^M0\.0 .*L96\.0/);
      expect(await dashboard.page.locator(".overview").innerText()).toMatch(/Requests\/min\s+4\b/);
    }, 10_000);
  });

  it("says that there is no such hostname, and what can be done about it", async () => {
    await using board = await createSwitchboard({ app, basePort: 0 });
    await using dashboard = await open(board, { hash: `#token=${tokenOf(board)}` });
    const { page } = dashboard;
    await page.getByRole("button", { name: "Operator" }).waitFor();
    await page.evaluate('location.hash = "#/services/nope"');
    const missing = page.getByText("The switchboard has no hostname “nope” now.");
    await missing.waitFor();
    await page.locator(".title .state").getByText("no such hostname", { exact: true }).waitFor();
    const actions = page.getByRole("group", { name: "Actions" }).getByRole("button").and(page.locator(":enabled"));
    expect(await actions.allInnerTexts()).toEqual(["Start", "Fault…"]);
    await actions.first().click();
    await missing.waitFor({ state: "hidden" });
    await page.locator(".title .state").getByText("running", { exact: true }).waitFor();
    await board.pool.shutdown("nope");
    await missing.waitFor();
    await page.locator(".title .state").getByText("stopped", { exact: true }).waitFor();
    await missing.getByRole("link", { name: "All hostnames" }).click();
    await page.getByText("No hostname has been asked for yet").waitFor();
  });

  it("finds hostnames by name and by state", async () => {
    const some: AppFactory = ({ hostname }) => {
      if (hostname === "broken") throw new Error("no database");
      return hello;
    };
    await using board = await createSwitchboard({ app: some, basePort: 0 });
    for (const hostname of ["shop", "cart", "broken"]) await board.fetch(hostname);
    await using dashboard = await open(board);
    const search = dashboard.page.getByLabel("Search hostnames");
    await search.fill("ar");
    await dashboard.page.getByText("1 of 3 hostnames").waitFor();
    await dashboard.row("cart").waitFor();
    await search.fill("failed");
    await dashboard.row("broken").waitFor();
    expect(await dashboard.row("cart").count()).toBe(0);
    await search.fill("<b>");
    await dashboard.page.getByText("Nothing fits “<b>”").waitFor();
  });

  it("is used with the keyboard alone", async () => {
    await using board = await createSwitchboard({ app, basePort: 0 });
    for (const hostname of ["auth", "cart", "shop"]) await board.fetch(hostname);
    await using dashboard = await open(board);
    const { page } = dashboard;
    await dashboard.row("shop").waitFor();
    await page.keyboard.press("/");
    await page.keyboard.type("a");
    await page.getByText("2 of 3 hostnames").waitFor();
    await page.keyboard.press("Enter");
    expect(await activeHostname(page)).toBe("auth");
    await page.keyboard.press("ArrowDown");
    expect(await activeHostname(page)).toBe("cart");
    await page.keyboard.press("ArrowDown");
    expect(await activeHostname(page)).toBe("cart"); // the last one
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "cart", level: 1 }).waitFor();
    expect(new URL(page.url()).hash).toBe("#/services/cart");
    expect(await page.title()).toBe("cart · Switchboard");
    await page.getByRole("tab", { name: "Requests" }).focus();
    await page.keyboard.press("ArrowRight");
    await page.getByRole("tabpanel", { name: "Log" }).waitFor();
    await page.keyboard.press("Escape");
    await dashboard.row("cart").waitFor();
    expect(await activeHostname(page)).toBe("cart");
    await page.goBack();
    await page.getByRole("heading", { name: "cart", level: 1 }).waitFor();
  });

  it("sorts by a column, and keeps only the rows that are seen", async () => {
    await using board = await createSwitchboard({ app, basePort: 0, maxServers: 300 });
    const hostnames = Array.from({ length: 300 }, (_, i) => `app-${String(i).padStart(3, "0")}`);
    await Promise.all(hostnames.map((hostname) => board.pool.getOrCreate(hostname)));
    await using dashboard = await open(board, { viewport: { width: 1280, height: 800 } });
    const { page } = dashboard;
    await page.getByText("300 hostnames", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Hostname", exact: true }).click();
    await dashboard.row("app-000").waitFor();
    const grid = page.getByRole("grid", { name: "Hostnames" });
    expect(await grid.getAttribute("aria-rowcount")).toBe("301");
    expect(await page.locator(".grid-body .grid-row").count()).toBeLessThan(60);
    await grid.focus();
    await page.keyboard.press("End");
    await dashboard.row("app-299").waitFor();
    expect(await dashboard.row("app-299").getAttribute("aria-rowindex")).toBe("301");
    expect(await activeHostname(page)).toBe("app-299");
    await page.getByRole("button", { name: "Hostname", exact: true }).click();
    await page.getByRole("columnheader", { name: "Hostname" }).and(page.locator("[aria-sort=descending]")).waitFor();
    await dashboard.row("app-299").waitFor();
    expect(await page.locator(".grid-body .grid-row").count()).toBeLessThan(60);
  });

  it("says why an app failed, in the list and first of all in its page", async () => {
    const broken = () => commandApp("echo '\u001b[31mno database\u001b[0m at <b>5432</b>' >&2; exit 3");
    await using board = await createSwitchboard({ app: broken, basePort: 0 });
    expect((await board.fetch("shop")).status).toBe(503);
    await using dashboard = await open(board);
    await dashboard
      .cell("shop", "state")
      .getByText(/^(backing off|failed)$/)
      .waitFor();
    const reasonOf = dashboard.cell("shop", "hostname").locator("span");
    expect(await reasonOf.innerText()).toMatch(/exited|ended|code 3/);
    expect(await reasonOf.getAttribute("title")).toContain(await reasonOf.innerText());
    await dashboard.row("shop").click();
    const why = dashboard.page.getByRole("region", { name: "Why it failed" });
    await why.getByText("no database at <b>5432</b>").first().waitFor();
    expect(await why.innerText()).toContain("1 failure");
    const reason = dashboard.page.locator(".overview .reason");
    await reason.getByText(/^1 (backing off|failed), 100 % errors$/).waitFor();
  });

  it("says that a failed app starts again, and keeps its failure in a line once it runs", async () => {
    const gate = createGate();
    let started = 0;
    const recovering: AppFactory = async () => {
      started += 1;
      if (started === 1) throw new Error(`no database ${"at all ".repeat(40)}`);
      await gate.promise;
      return hello;
    };
    const restart = { backoff: { initialMs: 1, maxMs: 1 } };
    await using board = await createSwitchboard({ app: recovering, basePort: 0, restart });
    await board.fetch("shop");
    await using dashboard = await open(board, { hash: "#/services/shop" });
    const { page } = dashboard;
    const note = page.getByRole("region", { name: "Why it failed" });
    await note.getByText("the next request starts it again").waitFor();
    const heightNow = async () => (await note.boundingBox())?.height ?? 0;
    const height = await heightNow();
    const held = board.fetch("shop");
    await note.getByText("it is being started again").waitFor();
    gate.open();
    await held;
    await note.getByText("It runs, but has failed before").waitFor();
    await note.locator(".brief").getByText("no database").waitFor();
    expect(await heightNow()).toBeLessThan(height / 2);
    expect(await page.evaluate("document.documentElement.scrollWidth - innerWidth")).toBe(0);
    await note.getByText("It runs, but has failed before").click();
    await note.getByText("1 failure since it was last well.").waitFor();
  });

  it("follows the output of a command", async () => {
    const printing = () => commandApp("echo one; printf '\\033[31m<b>red</b>\\033[0m\\n' >&2; sleep 60");
    await using board = await createSwitchboard({ app: printing, basePort: 0 });
    const held = board.pool.getOrCreate("shop").catch(() => {});
    await using dashboard = await open(board, { hash: "#/services/shop/log" });
    const lines = dashboard.page.getByRole("log");
    await lines.getByText("one", { exact: true }).waitFor();
    await lines.locator(".stderr").getByText("<b>red</b>", { exact: true }).waitFor();
    await board.pool.shutdown("shop");
    await held;
  });

  it("shows each line of the output once, also one that says the same as the line before", async () => {
    await using folder = await makeFolder({
      "app.mjs": "export default () => (_request, response) => { console.log('same'); response.end(); };\n",
    });
    await using board = await createSwitchboard({ app: () => threadApp(folder.at("app.mjs")), basePort: 0 });
    await board.fetch("shop");
    await vi.waitFor(() => expect(board.pool.log("shop")).toHaveLength(1), 10_000);
    await using dashboard = await open(board, { hash: "#/services/shop/log" });
    const lines = dashboard.page.locator(".log .line").filter({ hasText: "same" });
    await lines.waitFor();
    for (const count of [2, 3]) {
      await board.fetch("shop");
      await vi.waitFor(async () => expect(await lines.count()).toBe(count), { timeout: 10_000 });
    }
    await dashboard.page.reload();
    await vi.waitFor(async () => expect(await lines.count()).toBe(3), { timeout: 10_000 });
  });

  it("shows what happens", async () => {
    const log = createEventLog();
    await using board = await createSwitchboard({ app, basePort: 0, onEvent: log.add });
    await using dashboard = await open(board, { hash: "#/events" });
    await board.fetch("shop");
    const started = dashboard.page.getByRole("listitem").filter({ hasText: "started" }).filter({ hasText: "shop" });
    await started.waitFor();
    await board.pool.shutdown("shop");
    await dashboard.page.getByRole("listitem").filter({ hasText: "stopped" }).waitFor();
  });

  it("comes back when the switchboard does, and shows that one", async () => {
    const first = await createSwitchboard({ app, basePort: 0 });
    await using dashboard = await open(first);
    await first.fetch("old");
    await dashboard.row("old").waitFor();
    const status = dashboard.page.locator(".overview .state");
    await status.and(dashboard.page.locator("[data-tone=good]")).waitFor();
    await first.close();
    await dashboard.page.getByText(/^reconnecting in \d+ s$/).waitFor();
    await status.getByText("not known now").and(dashboard.page.locator("[data-tone=off]")).waitFor();
    await using second = await createSwitchboard({ app, basePort: 0, port: first.port });
    await second.fetch("new");
    await dashboard.page.getByRole("button", { name: "Try now" }).click();
    await dashboard.page.getByText("live", { exact: true }).waitFor();
    await dashboard.row("new").waitFor();
    await dashboard.row("old").waitFor({ state: "hidden" });
  });
});

/** The hostname of the row that assistive technology is told of. */
function activeHostname(page: Page): Promise<string | undefined> {
  return page.evaluate(
    'document.getElementById(document.activeElement.getAttribute("aria-activedescendant"))?.dataset.hostname',
  );
}
