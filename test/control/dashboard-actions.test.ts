import { createEventLog } from "effection-switchboard/testing";
import type { Page } from "playwright-core";
import { describe, expect, it, vi } from "vitest";
import { type AppFactory, createSwitchboard, threadApp } from "../../src/index.ts";
import { browserPath } from "../support/browser.ts";
import { tokenOf, useDashboard } from "./dashboard-page.ts";

const app: AppFactory = () => (_request, response) => void response.end("hello");

describe.skipIf(browserPath === undefined)("actions of the dashboard", { timeout: 60_000 }, () => {
  const open = useDashboard();

  it("are disabled without a token, and say what is missing", async () => {
    await using board = await createSwitchboard({ app, basePort: 0 });
    await board.fetch("shop");
    await using dashboard = await open(board, { hash: "#/services/shop" });
    const { port } = board;
    await dashboard.page.getByText("Actions need the operator token").waitFor();
    await dashboard.page.getByText(`switchboard open --with-token --port ${port}`).waitFor();
    const actions = dashboard.page.getByRole("group", { name: "Actions" }).getByRole("button");
    expect(await actions.count()).toBeGreaterThan(4);
    for (const action of await actions.all()) expect(await action.isDisabled()).toBe(true);
  });

  it("are there with a token that is pasted, and not with a wrong one", async () => {
    await using board = await createSwitchboard({ app, basePort: 0 });
    await board.fetch("shop");
    await using dashboard = await open(board, { hash: "#/services/shop" });
    const { page } = dashboard;
    await page.getByLabel("Token").fill("no-token-of-this-switchboard");
    await page.getByRole("button", { name: "Use token" }).click();
    await page.getByRole("alert").getByText("the token is not valid").waitFor();
    await page.getByLabel("Token").fill(tokenOf(board));
    await page.getByRole("button", { name: "Use token" }).click();
    await page.getByRole("button", { name: "Operator" }).waitFor();
    await page.getByText("Actions need the operator token").waitFor({ state: "hidden" });
    expect(await page.getByRole("button", { name: "Restart" }).isEnabled()).toBe(true);
    expect(await focused(page)).toBe("Restart");
  });

  it("say that the switchboard was restarted, and that its token is new", async () => {
    const first = await createSwitchboard({ app, basePort: 0 });
    await using dashboard = await open(first, { hash: `#token=${tokenOf(first)}` });
    const { page } = dashboard;
    await page.getByRole("button", { name: "Operator" }).waitFor();
    await first.close();
    await page.getByText(/^reconnecting in \d+ s$/).waitFor();
    await using second = await createSwitchboard({ app, basePort: 0, port: first.port });
    await second.fetch("shop");
    await page.getByRole("button", { name: "Try now" }).click();
    const why = "The switchboard was restarted, and its token is new: actions need that one.";
    await says(page, why);
    await page.getByRole("button", { name: "New token needed" }).click();
    await page.getByRole("dialog", { name: "Access" }).getByText(why).getByText("--with-token").waitFor();
    await page.keyboard.press("Escape");
    await dashboard.row("shop").click();
    const note = page.locator("#access-note");
    await note.getByText(why).waitFor();
    await page.locator(".toast").waitFor({ state: "detached" });
    await page.getByLabel("Token").fill(tokenOf(second));
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Operator" }).waitFor();
    await note.waitFor({ state: "hidden" });
  });

  it("take the token out of the address, and keep it for the tab", async () => {
    await using board = await createSwitchboard({ app, basePort: 0 });
    await using dashboard = await open(board, { hash: `#token=${tokenOf(board)}` });
    await dashboard.page.getByRole("button", { name: "Operator" }).waitFor();
    expect(dashboard.page.url()).not.toContain(tokenOf(board));
    await dashboard.page.reload();
    await dashboard.page.getByRole("button", { name: "Operator" }).waitFor();
    await dashboard.page.getByRole("button", { name: "Operator" }).click();
    await dashboard.page.getByRole("button", { name: "Forget the token" }).click();
    await dashboard.page.getByRole("button", { name: "Read only" }).waitFor();
  });

  it("need another address at a loopback name, where the app for default could read a token", async () => {
    await using board = await createSwitchboard({ app, basePort: 0 });
    await board.fetch("shop");
    await using dashboard = await open(board, { byAddress: true, hash: `#token=${tokenOf(board)}` });
    const { page } = dashboard;
    await page.getByRole("button", { name: "Read only" }).waitFor();
    expect(page.url()).toBe(`http://127.0.0.1:${board.port}/__switchboard/#/`);
    expect(await page.evaluate("JSON.stringify({ ...sessionStorage })")).toBe("{}");
    await dashboard.row("shop").click();
    const origin = `http://switchboard.localhost:${board.port}/`;
    const link = page.getByRole("link", { name: origin });
    await link.waitFor();
    expect(await link.getAttribute("href")).toBe(`${origin}#/services/shop`);
    expect(await page.getByLabel("Token").count()).toBe(0);
    expect(await page.getByRole("button", { name: "Restart" }).isDisabled()).toBe(true);
    await page.evaluate(`sessionStorage.setItem("switchboard-token", "${tokenOf(board)}")`);
    await page.reload();
    await page.getByRole("button", { name: "Read only" }).click();
    await page.getByRole("dialog", { name: "Access" }).getByRole("link", { name: origin }).waitFor();
  });

  it("restart, stop and start a server, after a question where something is interrupted", async () => {
    const log = createEventLog();
    await using board = await createSwitchboard({ app, basePort: 0, onEvent: log.add });
    await board.fetch("shop");
    await using dashboard = await open(board, { hash: `#token=${tokenOf(board)}` });
    const { page } = dashboard;
    await dashboard.row("shop").click();
    await page.getByRole("button", { name: "Restart" }).click();
    await page.getByRole("dialog", { name: "Restart shop?" }).getByRole("button", { name: "Cancel" }).click();
    expect(log.lines("started", "stopped")).toEqual(["started shop"]);
    await confirm(page, "Restart");
    await says(page, "shop was restarted.");
    expect(await focused(page)).toBe("Restart");
    expect(log.lines("started", "stopped")).toEqual(["started shop", "stopped shop", "started shop"]);
    await confirm(page, "Stop");
    await says(page, "shop was stopped.");
    expect(board.pool.get("shop")).toBeUndefined();
    await page.getByRole("button", { name: "Start", exact: true }).click();
    await says(page, "shop has started.");
    await vi.waitFor(async () => expect(await focused(page)).toBe("Restart")); // the next that can be done
    expect(board.pool.get("shop")).toBeDefined();
  });

  it("say that they are done once they are wanted, and not while the question is open", async () => {
    await using board = await createSwitchboard({ app, basePort: 0 });
    await board.fetch("shop");
    await using dashboard = await open(board, { hash: `#token=${tokenOf(board)}` });
    const { page } = dashboard;
    await dashboard.row("shop").click();
    const actions = page.locator(".actions button:visible");
    const before = await actions.allInnerTexts();
    expect(before).toContain("Restart");
    await page.getByRole("button", { name: "Restart" }).click();
    await page.getByRole("dialog", { name: "Restart shop?" }).waitFor();
    expect(await actions.allInnerTexts()).toEqual(before);
    expect(await page.locator(".actions button:visible:disabled").allInnerTexts()).toEqual(["Start"]);
    await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
    await page.getByRole("button", { name: "Restart" }).and(page.locator(":enabled")).waitFor();
  });

  it("show a failure until they say something else, or for a while", async () => {
    let isBroken = true;
    const failing: AppFactory = () => {
      if (isBroken) throw new Error("no database\nIts last output: much");
      return (_request, response) => void response.end("hello");
    };
    const restart = { backoff: { initialMs: 1, maxMs: 1 } };
    await using board = await createSwitchboard({ app: failing, basePort: 0, restart });
    await board.fetch("shop");
    await using dashboard = await open(board, { hash: `#token=${tokenOf(board)}` });
    const { page } = dashboard;
    await dashboard.row("shop").click();
    const start = page.getByRole("button", { name: "Start", exact: true });
    const failure = page.locator(".toast.failed").getByText("no database");
    await start.click();
    await failure.waitFor();
    expect(await failure.innerText()).not.toContain("Its last output");
    expect(await failure.getAttribute("title")).toContain("Its last output: much");
    await page.clock.install();
    await start.and(page.locator(":enabled")).click();
    await failure.waitFor();
    await page.clock.fastForward(13_000);
    await page.locator(".toast").waitFor({ state: "detached" });
    await page.clock.resume();
    await start.click();
    await failure.waitFor();
    isBroken = false;
    await start.and(page.locator(":enabled")).click();
    await says(page, "shop has started.");
    expect(await page.locator(".toast").count()).toBe(1);
  });

  it("pin, and say so", async () => {
    await using board = await createSwitchboard({ app, basePort: 0 });
    await board.fetch("shop");
    await using dashboard = await open(board, { hash: `#token=${tokenOf(board)}` });
    await dashboard.row("shop").click();
    await dashboard.page.getByRole("button", { name: "Pin" }).click();
    await says(dashboard.page, "shop is kept running.");
    expect(board.pool.inspect().servers[0]?.pinned).toBe(true);
    await dashboard.page.getByRole("button", { name: "Unpin" }).click();
    await says(dashboard.page, "shop stops when nobody uses it.");
    expect(board.pool.inspect().servers[0]?.pinned).toBe(false);
  });

  it("set a fault, list it, and remove it", async () => {
    await using board = await createSwitchboard({ app, basePort: 0 });
    await board.fetch("shop");
    await using dashboard = await open(board, { hash: `#token=${tokenOf(board)}` });
    const { page } = dashboard;
    await dashboard.row("shop").click();
    await page.getByRole("button", { name: "Fault…" }).click();
    await page.getByLabel("What goes wrong").selectOption("status");
    await page.getByLabel("Status", { exact: true }).last().fill("418");
    await page.getByLabel("Method").last().selectOption("GET");
    await page.getByRole("button", { name: "Set fault" }).click();
    await says(page, "A fault is set for shop: status.");
    expect((await board.fetch("shop")).status).toBe(418);
    await page.getByRole("tab", { name: "Faults" }).click();
    const fault = page.getByRole("listitem").filter({ hasText: "status 418, for GET" });
    await fault.getByRole("button", { name: "Remove" }).click();
    await fault.waitFor({ state: "hidden" });
    expect((await board.fetch("shop")).status).toBe(200);
  });

  it("open and reset a breaker", async () => {
    await using board = await createSwitchboard({ app, basePort: 0, circuitBreaker: {} });
    await board.fetch("shop");
    await using dashboard = await open(board, { hash: `#token=${tokenOf(board)}` });
    await dashboard.row("shop").click();
    await confirm(dashboard.page, "Open breaker");
    await says(dashboard.page, "The breaker of shop is open.");
    expect((await board.fetch("shop")).status).toBe(503);
    await dashboard.page.locator(".title .state").getByText("breaker open", { exact: true }).waitFor();
    await dashboard.page.getByRole("link", { name: "All hostnames" }).click();
    await dashboard.cell("shop", "state").getByText("breaker open", { exact: true }).waitFor();
    await dashboard.page.locator(".overview .reason").getByText("1 breaker open").waitFor();
    await dashboard.row("shop").click();
    await dashboard.page.getByRole("button", { name: "Reset breaker" }).click();
    await says(dashboard.page, "The breaker of shop is closed.");
    expect((await board.fetch("shop")).status).toBe(200);
  });

  it("scale an app in threads, and show its replicas", async () => {
    const module = new URL("../fixtures/thread-app.mjs", import.meta.url);
    await using board = await createSwitchboard({ app: () => threadApp(module), basePort: 0 });
    await board.fetch("shop");
    await using dashboard = await open(board, { hash: `#token=${tokenOf(board)}` });
    const { page } = dashboard;
    await dashboard.row("shop").click();
    await page.getByRole("button", { name: "Scale…" }).click();
    await page.getByLabel("Replicas").last().fill("2");
    await page.getByRole("dialog").getByRole("button", { name: "Scale" }).click();
    await says(page, "shop has 2 replicas.");
    await page.getByRole("tab", { name: "Replicas" }).click();
    await page.getByRole("row", { name: /^2 running/ }).waitFor();
  });

  it("show the reason when they are refused", async () => {
    await using board = await createSwitchboard({ app, basePort: 0 });
    await board.fetch("shop");
    await using dashboard = await open(board, { hash: `#token=${tokenOf(board)}` });
    const { page } = dashboard;
    await dashboard.row("shop").click();
    await page.getByRole("button", { name: "Scale…" }).click();
    await page.getByLabel("Replicas").last().fill("3");
    await page.getByRole("dialog").getByRole("button", { name: "Scale" }).click();
    const toast = page.locator(".toast.failed");
    await toast.waitFor();
    expect(await toast.innerText()).toMatch(/shop|inline|replica/);
  });
});

/** Asks for an action that interrupts, and says yes. */
async function confirm(page: Page, name: string): Promise<void> {
  await page.getByRole("group", { name: "Actions" }).getByRole("button", { name }).click();
  await page.getByRole("dialog").getByRole("button", { name }).click();
}

/** What has the focus. */
function focused(page: Page): Promise<string> {
  return page.evaluate("document.activeElement.textContent");
}

/** Waits until the page says it, to be seen and to be heard. */
async function says(page: Page, text: string): Promise<void> {
  await page.locator(".toast").getByText(text, { exact: true }).waitFor();
  await page.locator("#announcements").getByText(text, { exact: true }).waitFor({ state: "attached" });
}
