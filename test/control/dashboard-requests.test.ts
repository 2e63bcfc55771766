import { describe, expect, it } from "vitest";
import { type AppFactory, createSwitchboard } from "../../src/index.ts";
import { browserPath } from "../support/browser.ts";
import { Client, get } from "../support/client.ts";
import { useDashboard } from "./dashboard-page.ts";

const HOSTILE = "/<img%20src=x%20onerror=alert(1)>?q=<script>alert(2)</script>";

const app: AppFactory = () => (request, response) => {
  response.statusCode = request.url === "/missing" ? 404 : 200;
  response.end("hello");
};

describe.skipIf(browserPath === undefined)("requests in the dashboard", { timeout: 60_000 }, () => {
  const open = useDashboard();

  it("are there, and come by themselves", async () => {
    await using board = await createSwitchboard({ app, basePort: 0 });
    await board.fetch("shop", "/before");
    await using dashboard = await open(board, { hash: "#/services/shop" });
    const requests = dashboard.page.getByRole("grid", { name: "Requests" });
    await requests.getByText("/before").waitFor();
    await board.fetch("shop", "/after");
    await requests.getByText("/after").waitFor();
    expect(await requests.locator(".col-path:visible").allInnerTexts()).toEqual(["Path", "/after", "/before"]);
  });

  it("are filtered by the page and by the journal alike", async () => {
    await using board = await createSwitchboard({ app, basePort: 0 });
    await board.fetch("shop", "/missing");
    await board.fetch("shop", "/found");
    await using dashboard = await open(board, { hash: "#/services/shop" });
    const requests = dashboard.page.getByRole("grid", { name: "Requests" });
    await requests.getByText("/found").waitFor();
    await dashboard.page.getByLabel("Status").selectOption("4xx");
    await requests.getByText("/found").waitFor({ state: "hidden" });
    await requests.getByText("/missing").waitFor();
    await board.fetch("shop", "/found-later");
    await board.fetch("shop", "/missing");
    await dashboard.page.getByText("2 requests", { exact: true }).waitFor();
    expect(await requests.getByText("/found-later").count()).toBe(0);
    await dashboard.page.getByLabel("Status").selectOption("");
    await dashboard.page.getByLabel("Path contains").fill("later");
    await dashboard.page.getByText("1 request", { exact: true }).waitFor();
    await requests.getByText("/found-later").waitFor();
  });

  it("stand still while they are paused", async () => {
    await using board = await createSwitchboard({ app, basePort: 0 });
    await board.fetch("shop", "/one");
    await using dashboard = await open(board, { hash: "#/services/shop" });
    const requests = dashboard.page.getByRole("grid", { name: "Requests" });
    await requests.getByText("/one").waitFor();
    await dashboard.page.getByRole("button", { name: "Pause" }).click();
    await board.fetch("shop", "/two");
    await dashboard.page.getByText("1 request · 1 new", { exact: true }).waitFor();
    expect(await requests.getByText("/two").count()).toBe(0);
    await dashboard.page.getByRole("button", { name: "Go on" }).click();
    await requests.getByText("/two").waitFor();
  });

  it("tell everything about one, and where its time went", async () => {
    await using board = await createSwitchboard({ app, basePort: 0 });
    await board.fetch("shop", "/cart", { headers: { "x-request-id": "my-request" } });
    await using dashboard = await open(board, { hash: "#/services/shop" });
    const requests = dashboard.page.getByRole("grid", { name: "Requests" });
    await requests.getByText("/cart").waitFor();
    await requests.focus();
    await dashboard.page.keyboard.press("ArrowDown");
    await dashboard.page.keyboard.press("Enter");
    const dialog = dashboard.page.getByRole("dialog", { name: "GET /cart" });
    await dialog.getByText("my-request").waitFor();
    await dialog.getByText("served: its server has answered to the end").waitFor();
    const rows = await dialog.getByRole("row").allInnerTexts();
    expect(rows.map((row) => row.split("\t")[0])).toEqual([
      "Queued",
      "Starting",
      "Connecting",
      "First byte",
      "Body",
      "Together",
    ]);
    const bar = dialog.locator(".timing-bar[data-part=startingMs]");
    expect(await bar.evaluate((element) => Number.parseFloat(element.style.width))).toBeGreaterThan(0);
    await dashboard.page.keyboard.press("Escape");
    await dialog.waitFor({ state: "hidden" });
    expect(await requests.and(dashboard.page.locator(":focus")).count()).toBe(1);
    await dashboard.page.getByRole("heading", { name: "shop", level: 1 }).waitFor(); // the first Escape closes the dialog alone
  });

  it("have bars of one scale, which says how long the longest is", async () => {
    const paced: AppFactory = () => (request, response) => {
      setTimeout(() => response.end(), request.url === "/slow" ? 300 : 0);
    };
    await using board = await createSwitchboard({ app: paced, basePort: 0 });
    for (const path of ["/first", "/slow", "/quick"]) await board.fetch("shop", path);
    await using dashboard = await open(board, { hash: "#/services/shop" });
    const bar = (path: string) => dashboard.page.locator(".grid-body .grid-row", { hasText: path }).locator(".bars");
    const share = (path: string) => bar(path).evaluate((element) => Number.parseFloat(element.style.width));
    await bar("/slow").waitFor();
    expect(await share("/slow")).toBeGreaterThan(2 * (await share("/quick")));
    const shares = await Promise.all(["/first", "/slow", "/quick"].map(share));
    expect(Math.max(...shares)).toBeCloseTo(100);
    const legend = dashboard.page.locator(".timing-legend");
    expect(await legend.innerText()).toMatch(/queued[\s\S]*starting[\s\S]*first byte[\s\S]*the longest bar is \d/);
    expect(await legend.getByText("fault", { exact: true }).isVisible()).toBe(false);
  });

  it("tell the delay of a fault on its own, where there is one", async () => {
    await using board = await createSwitchboard({ app, basePort: 0 });
    await board.fetch("shop", "/cart");
    await using dashboard = await open(board);
    const { page } = dashboard;
    const answer = await board.fetch("switchboard", "/api/requests?hostname=shop");
    const json = (await answer.json()) as { requests: [{ timings: { faultMs?: number } }] };
    json.requests[0].timings.faultMs = 250;
    await page.route("**/api/requests?**", (route) => route.fulfill({ json }));
    await dashboard.row("shop").click();
    await page.locator(".timing-legend").getByText("fault", { exact: true }).waitFor();
    await page.getByRole("grid", { name: "Requests" }).getByText("/cart").click();
    await page.getByRole("dialog").getByRole("row", { name: "Fault 250 ms" }).waitFor();
  });

  it("show what strangers send as text", async () => {
    await using board = await createSwitchboard({ app, basePort: 0 });
    const client = new Client(board.port).send(get("shop", HOSTILE, "Connection: close\r\n"));
    expect(await client.end()).toContain("hello");
    await using dashboard = await open(board, { hash: "#/services/shop" });
    const path = dashboard.page.getByRole("grid", { name: "Requests" }).getByText(HOSTILE, { exact: true });
    await path.click();
    await dashboard.page.getByRole("dialog").getByText(HOSTILE, { exact: true }).waitFor();
    expect(await dashboard.page.locator("img, main script, dialog script").count()).toBe(0);
  });

  it("follow a name that is no hostname, and find nothing", async () => {
    await using board = await createSwitchboard({ app, basePort: 0 });
    const hash = `#/services/${encodeURIComponent("<img src=x onerror=alert(3)>")}`;
    await using dashboard = await open(board, { hash });
    await dashboard.page.getByRole("heading", { name: "<img src=x onerror=alert(3)>" }).waitFor();
    await dashboard.page.locator(".title .state").getByText("stopped").waitFor();
  });
});
