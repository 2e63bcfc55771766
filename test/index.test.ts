import { expect, it } from "vitest";
import * as api from "../src/index.ts";

it("exports these names, and no others", () => {
  expect(Object.keys(api).sort()).toMatchInlineSnapshot(`
    [
      "ServerPoolContext",
      "SwitchboardError",
      "createSwitchboard",
      "useExpressServer",
      "useExpressServerDaemon",
      "useRequestHandlers",
      "useRunningSwitchboard",
      "useServerPool",
      "useSwitchboard",
    ]
  `);
});
