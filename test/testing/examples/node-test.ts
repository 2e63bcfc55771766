import assert from "node:assert/strict";
import { test } from "node:test";
import { createSwitchboard } from "effection-switchboard";
import { createEventLog, expectNoLeaks } from "effection-switchboard/testing";
import createShop from "./shop.ts";

test("every hostname has a cart of its own, and nothing is left", async () => {
  await expectNoLeaks(async () => {
    const events = createEventLog();
    await using board = await createSwitchboard({ app: createShop, basePort: 0, onEvent: events.add });
    const response = await board.fetch("books", "/cart");
    assert.deepEqual(await response.json(), { shop: "books", items: [] });
    await events.next("started", "books");
  });
});
