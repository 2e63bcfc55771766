import { expect, it } from "vitest";
import * as api from "../../src/resilience/index.ts";

it("exports these names, and no others", () => {
  expect(Object.keys(api).sort()).toMatchInlineSnapshot(`
    [
      "Faults",
      "backoffDelay",
      "createCircuitBreaker",
      "createPipeline",
      "createRateLimiter",
      "createRetryBudget",
      "createSharedRateLimiter",
      "useWorkerPool",
    ]
  `);
});
