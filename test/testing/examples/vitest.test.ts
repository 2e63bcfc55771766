import { switchboardTest } from "effection-switchboard/testing";
import { expect } from "vitest";
import createShop from "./shop.ts";

const test = switchboardTest({ app: createShop });

test("every hostname has a cart of its own", async ({ fetch, events }) => {
  expect(await (await fetch("books", "/cart")).json()).toEqual({ shop: "books", items: [] });
  expect(await events.next("started", "books")).toMatchObject({ port: expect.any(Number) });
});
