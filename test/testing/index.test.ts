import * as api from "effection-switchboard/testing";
import { expect, it } from "vitest";

it("exports these names, and no others", () => {
  expect(Object.keys(api).sort()).toEqual(["createEventLog", "expectNoLeaks", "openWebSocket", "switchboardTest"]);
});
