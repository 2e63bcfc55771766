// #region kit
import { switchboardTest } from "effection-switchboard/testing";
import express from "express";
import { expect } from "vitest";

const test = switchboardTest({
  app: ({ hostname }) => express().get("/", (_request, response) => void response.send(`hello from ${hostname}`)),
});

test("serves each name from a server of its own", async ({ fetch, events }) => {
  expect(await (await fetch("shop")).text()).toBe("hello from shop");
  expect(await (await fetch("blog")).text()).toBe("hello from blog");
  expect(events.lines("started")).toEqual(["started shop", "started blog"]);
});

test("has a fresh pool, whatever other tests have started", async ({ pool }) => {
  expect(pool.list()).toEqual([]);
});
// #endregion
