import { Validator } from "@seriousme/openapi-schema-validator";
import { describe, expect, it } from "vitest";
import { withBoard } from "../support/board.ts";
import { ControlClient } from "./client.ts";

describe("the OpenAPI document", () => {
  it("is a valid document of version 3.1", async () => {
    await withBoard({}, async (board) => {
      const { document } = await ControlClient.open(board);
      const validator = new Validator();
      const { valid, errors } = await validator.validate({ ...structuredClone(document) });
      expect(errors ?? []).toEqual([]);
      expect(valid).toBe(true);
      expect(validator.version).toBe("3.1");
    });
  });

  it("describes every operation, and says which need a token", async () => {
    await withBoard({}, async (board) => {
      const { document } = await ControlClient.open(board);
      const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
        Object.entries(methods).map(([method, operation]) => ({
          name: `${method} ${path}`,
          method,
          ...(operation as object),
        })),
      ) as { name: string; method: string; summary: string; operationId: string; security: object[] }[];
      expect(operations.map(({ name }) => name).sort()).toMatchInlineSnapshot(`
        [
          "delete /api/faults/{id}",
          "delete /api/services/{hostname}",
          "get /api/breakers",
          "get /api/events",
          "get /api/faults",
          "get /api/history",
          "get /api/limits",
          "get /api/live",
          "get /api/logs/{hostname}",
          "get /api/metrics",
          "get /api/requests",
          "get /api/services",
          "get /api/services/{hostname}",
          "get /api/services/{hostname}/history",
          "get /api/session",
          "get /health",
          "get /metrics",
          "get /ready",
          "get /servers",
          "post /api/breakers/{hostname}",
          "post /api/faults",
          "post /api/services",
          "post /api/services/{hostname}/pin",
          "post /api/services/{hostname}/restart",
          "post /api/services/{hostname}/scale",
          "post /api/services/{hostname}/start",
          "post /api/services/{hostname}/stop",
          "put /api/services/{hostname}",
        ]
      `);
      expect(operations.filter(({ summary }) => !summary)).toEqual([]);
      expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length);
      for (const { name, method, security } of operations) {
        if (method !== "get") expect(security, name).toEqual([{ token: [] }]);
      }
    });
  });
});
