import { expect, it } from "vitest";
import * as api from "../src/index.ts";

it("exports these names, and no others", () => {
  expect(Object.keys(api).sort()).toMatchInlineSnapshot(`
    [
      "FaultContext",
      "OutsideApp",
      "ServerPoolContext",
      "SwitchboardError",
      "commandApp",
      "createRequestFilter",
      "createSwitchboard",
      "defineSwitchboard",
      "remoteApp",
      "threadApp",
      "useExpressServer",
      "useExpressServerDaemon",
      "useFault",
      "useRequestHandlers",
      "useRunningSwitchboard",
      "useServerPool",
      "useSwitchboard",
    ]
  `);
});
