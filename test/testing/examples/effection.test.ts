import { run, until } from "effection";
import { useServerPool } from "effection-switchboard";
import { expect, test } from "vitest";
import createShop from "./shop.ts";

test("every hostname has a cart of its own", () =>
  run(function* () {
    const pool = yield* useServerPool({ app: createShop, basePort: 0 });
    const { port } = yield* pool.getOrCreate("books");
    const response = yield* until(fetch(`http://127.0.0.1:${port}/cart`));
    expect(yield* until(response.json())).toEqual({ shop: "books", items: [] });
  }));
