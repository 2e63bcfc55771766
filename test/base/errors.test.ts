import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { SwitchboardError } from "../../src/index.ts";

describe("a SwitchboardError", () => {
  it("has the facts that there are, and shows no others", () => {
    const error = new SwitchboardError("POOL_FULL", "full", { hostname: "shop", cause: "why" });
    expect(error).toMatchObject({ code: "POOL_FULL", hostname: "shop", cause: "why" });
    expect(error.retryAfterMs).toBeUndefined();
    expect(Object.keys(error)).not.toContain("cause");
    expect(inspect(error)).not.toContain("undefined");
  });
});
