// #region app
import { run, until, withResolvers } from "effection";
import { expect, it } from "vitest";
import { ask } from "../ask.ts";
import { usePool } from "../pool/pool.ts";
import type { AppFactory } from "../pool/types.ts";

const app: AppFactory = function* ({ hostname }) {
  return (_request, response) => response.end(`hello from ${hostname}`);
};
// #endregion

// #region once
it("starts one server for ten simultaneous requests", () =>
  run(function* () {
    const started: string[] = [];
    const pool = yield* usePool({ app, onEvent: ({ type, hostname }) => type === "started" && started.push(hostname) });
    const servers = yield* until(Promise.all(Array.from({ length: 10 }, () => pool.getOrCreate("shop"))));
    expect(new Set(servers).size).toBe(1);
    expect(started).toEqual(["shop"]);
    expect(yield* until(ask(servers[0]?.port ?? 0))).toBe("hello from shop");
  }));
// #endregion

// #region gate
it("shows no server that is half made", () =>
  run(function* () {
    const making = withResolvers<void>();
    const made = withResolvers<void>();
    const pool = yield* usePool({
      *app(context) {
        making.resolve();
        yield* made.operation;
        return yield* app(context);
      },
    });
    const asked = pool.getOrCreate("shop");
    yield* making.operation;
    expect(pool.list()).toEqual([]);
    made.resolve();
    expect(yield* until(asked)).toBe(pool.get("shop"));
  }));
// #endregion
