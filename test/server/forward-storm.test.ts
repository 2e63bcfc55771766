import { expect, it } from "vitest";
import { withForwarder } from "../support/forwarded.ts";
import { ResettingServer, storm } from "../support/reset-storm.ts";

it("through a server that resets at random: each request that may be is tried once more, and no POST is", async () => {
  const server = new ResettingServer(0.2);
  const port = await server.listen();
  await withForwarder(port, {}, async ({ port: front, forwarder }) => {
    const result = await storm(server, `http://127.0.0.1:${front}`, "shop.localhost", 3_000, 25);
    expect(result.wrong).toEqual([]);
    expect(result).toMatchObject({ mostOfAPost: 1, mostOfAGet: 2 });
    expect(Object.keys(result.statuses)).toEqual(["200", "502"]);
    expect(forwarder.inspect().active).toBe(0);
    expect(forwarder.inspect().connections.open).toBeLessThanOrEqual(25);
  });
  await server.close();
});
