import { describe, expect, it } from "vitest";
import { createPatterns } from "../../src/base/patterns.ts";

const patterns = createPatterns("hostnames", ["*.api", "Shop", "*.eu.api.", "a.eu.api", "shop.api"]);

describe("createPatterns", () => {
  it.each([
    ["shop", "shop"],
    ["shops", undefined],
    ["api", undefined],
    ["my-api", undefined],
    ["x.api", "*.api"],
    ["x.y.api", "*.api"],
    ["x.eu.api", "*.eu.api"],
    ["eu.api", "*.api"],
    ["a.eu.api", "a.eu.api"],
    ["b.a.eu.api", "*.eu.api"],
    ["api.x", undefined],
  ])("has %s fit %s", (hostname, pattern) => {
    expect(patterns.find(hostname)).toBe(pattern);
  });

  it("knows which wider patterns a name of each pattern fits as well, the widest first", () => {
    expect(patterns.lineOf("a.eu.api")).toEqual(["*.api", "*.eu.api", "a.eu.api"]);
    expect(patterns.lineOf("*.eu.api")).toEqual(["*.api", "*.eu.api"]);
    expect(patterns.lineOf("shop.api")).toEqual(["*.api", "shop.api"]);
    expect(patterns.lineOf("*.api")).toEqual(["*.api"]);
    expect(patterns.lineOf("shop")).toEqual(["shop"]);
  });

  it.each([
    [
      "*",
      `hostnames: a pattern must be a hostname such as "shop", or "*." and a hostname such as "*.api", got '*'; what is for every name stands beside hostnames`,
    ],
    ["api-*", `"*.api", got 'api-*'`],
    ["*.*.api", `"*.api", got '*.*.api'`],
    ["a.*.api", `"*.api", got 'a.*.api'`],
    ["*.", `"*.api", got '*.'`],
    [".api", `"*.api", got '.api'`],
    ["", `"*.api", got ''`],
    ["/shop/", `"*.api", got '/shop/'`],
    ["shop:80", `"*.api", got 'shop:80'`],
  ])("refuses %j", (text, message) => {
    expect(() => createPatterns("hostnames", [text])).toThrow(message);
  });

  it("refuses two that are the same", () => {
    expect(() => createPatterns("hostnames", ["shop", "SHOP"])).toThrow(
      "hostnames: 'shop' and 'SHOP' are the same pattern",
    );
  });
});
