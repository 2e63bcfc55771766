import { existsSync } from "node:fs";
import { switchboardTest } from "effection-switchboard/testing";
import { chromium } from "playwright-core";
import { expect } from "vitest";
import createShop from "./shop.ts";

const browserPath = process.env.CHROMIUM_PATH ?? "/usr/bin/chromium";
const args = ["--no-sandbox", "--disable-gpu", "--disable-sync"];
const test = switchboardTest({ app: createShop });

test("a browser finds every hostname below localhost", { timeout: 30_000 }, async ({ switchboard, skip }) => {
  skip(!existsSync(browserPath), `there is no browser at ${browserPath}; set CHROMIUM_PATH to the path of one`);
  await using browser = await chromium.launch({ executablePath: browserPath, args });
  const page = await browser.newPage();
  await page.goto(switchboard.url("books"));
  expect(await page.title()).toBe("books");
  await page.goto(switchboard.url("music"));
  expect(await page.textContent("h1")).toBe("Welcome to music");
});
