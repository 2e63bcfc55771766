import type { Browser, BrowserContextOptions, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import type { RunningSwitchboard } from "../../src/index.ts";
import { launchBrowser } from "../support/browser.ts";

const WATCH_POLICY = `document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) =>
  reportViolation(violatedDirective + " " + blockedURI))`;

/** How a page is opened. */
export interface OpenOptions extends Pick<BrowserContextOptions, "colorScheme" | "viewport"> {
  /** What the address ends with, such as `#/services/shop`. */
  hash?: string;
  /** The page of the loopback address, and not that of `switchboard.localhost`. */
  byAddress?: boolean;
}

/** The dashboard in a browser. What a page must never do fails the test at its end. */
export interface Dashboard extends AsyncDisposable {
  page: Page;
  /** The row of a hostname. */
  row(hostname: string): Locator;
  /** The cell of a column in the row of a hostname. */
  cell(hostname: string, column: string): Locator;
}

/** A browser for the tests of this file. Returns how to open the dashboard of a switchboard. */
export function useDashboard(): (board: RunningSwitchboard, options?: OpenOptions) => Promise<Dashboard> {
  let browser: Browser | undefined;
  beforeAll(async () => {
    browser = await launchBrowser();
  }, 60_000);
  afterAll(() => browser?.close());
  return (board, options) => openDashboard(browser as Browser, board, options);
}

/** The operator's token of a switchboard. */
export function tokenOf(board: RunningSwitchboard): string {
  return board.control?.token ?? "";
}

/** Opens the dashboard; a switchboard that is asked for again later needs only its port. */
async function openDashboard(
  browser: Browser,
  board: RunningSwitchboard,
  { hash = "", byAddress = false, ...options }: OpenOptions = {},
): Promise<Dashboard> {
  const origin = byAddress ? `http://127.0.0.1:${board.port}` : new URL(board.url("switchboard")).origin;
  const wrong: string[] = [];
  const context = await browser.newContext({ reducedMotion: "reduce", ...options });
  await context.exposeFunction("reportViolation", (text: string) => wrong.push(`CSP: ${text}`));
  await context.addInitScript({ content: WATCH_POLICY });
  const page = await context.newPage();
  page.on("request", (request) => {
    if (new URL(request.url()).origin !== origin) wrong.push(`a request to ${request.url()}`);
  });
  page.on("pageerror", (error) => wrong.push(`an error: ${error.message}`));
  page.on("dialog", (dialog) => {
    wrong.push(`a script from outside ran: ${dialog.message()}`);
    void dialog.dismiss();
  });
  await page.goto(`${origin}${byAddress ? "/__switchboard/" : "/"}${hash}`);
  const row = (hostname: string) => page.locator(`[data-hostname="${hostname}"]:visible`);
  return {
    page,
    row,
    cell: (hostname, column) => row(hostname).locator(`.col-${column}`),
    async [Symbol.asyncDispose]() {
      await context.close();
      expect(wrong).toEqual([]);
    },
  };
}
