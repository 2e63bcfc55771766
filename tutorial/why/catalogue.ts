import { setTimeout as delay } from "node:timers/promises";

/** Reading the catalogue takes a while, or fails. */
export async function loadCatalogue(which: "broken" | "large"): Promise<void> {
  if (which === "broken") throw new Error("the catalogue is broken");
  await delay(200);
}
