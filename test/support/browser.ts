import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import type { Browser } from "playwright-core";

/** Its names, by distribution. The shell is the same browser without windows, which nobody sees here: a fifth less work. */
const NAMES = ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/** Where the browser is: at `CHROMIUM_PATH`, or on the PATH; `undefined` where there is none. */
export const browserPath: string | undefined = process.env.CHROMIUM_PATH ?? findBrowser();

/** What to do where there is none. */
export const NO_BROWSER =
  "tests with a browser are skipped: there is no Chromium on the PATH; install it (Debian: apt-get install chromium), or set CHROMIUM_PATH";

/**
 * What Chromium goes without. The pages of the address bar would be loaded again for each window, which costs more than
 * half of the time that a test takes; the others are those that Playwright goes without: the last list is the one that counts.
 */
const WITHOUT = [
  "WebUIOmniboxAimPopup",
  "WebUIOmniboxPopup",
  "AimEnabled",
  "AvoidCorsURLLoaderRestartOnRedirect",
  "AvoidUnnecessaryBeforeUnloadCheckSync",
  "DestroyProfileOnBrowserClose",
  "HttpsFirstBalancedModeAutoEnable",
  "HttpsUpgrades",
  "LensOverlay",
  "MediaRouter",
  "NetworkTimeServiceQuerying",
  "OptimizationHints",
  "PaintHolding",
  "PreconnectToSearch",
  "ThirdPartyStoragePartitioning",
];

/** Starts a browser; whoever does closes it. Playwright takes half a second to load, which is for those who need one. */
export async function launchBrowser(): Promise<Browser> {
  if (browserPath === undefined) throw new Error(NO_BROWSER);
  const { chromium } = await import("playwright-core");
  return chromium.launch({
    executablePath: browserPath,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-sync",
      "--force-color-profile=srgb",
      `--disable-features=${WITHOUT.join()}`,
    ],
  });
}

/** Before all tests: says once that some are skipped, or fails where they must not be. */
export default function noteBrowser(): void {
  if (browserPath !== undefined) return;
  if (process.env.REQUIRE_BROWSER === "1") throw new Error(`REQUIRE_BROWSER is set, but ${NO_BROWSER}`);
  console.warn(NO_BROWSER);
}

function findBrowser(): string | undefined {
  const folders = (process.env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  return folders.flatMap((folder) => NAMES.map((name) => join(folder, name))).find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
