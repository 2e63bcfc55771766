import { z } from "zod";
import { conflict, notFound } from "../control-error.ts";
import { type Endpoint, endpoint } from "../endpoint.ts";
import { FaultInput } from "../schemas/inputs.ts";
import { FaultList, FaultRow } from "../schemas/limits.ts";
import type { ControlSource, FaultListing } from "../source.ts";

/** Each request looks at all of them. */
const MOST_FAULTS = 1_000;

const Params = z.strictObject({ id: z.coerce.number<string>().int().min(1).max(Number.MAX_SAFE_INTEGER) });

/** What goes wrong on purpose. */
export function faultEndpoints({ faults }: ControlSource): Endpoint[] {
  return [
    endpoint({
      method: "get",
      path: "/api/faults",
      tag: "faults",
      summary: "The faults that are set, those that were set by code included",
      access: "read",
      status: 200,
      answer: FaultList,
      handle: () => ({ faults: faults.list().map(toFaultRow) }),
    }),
    endpoint({
      method: "post",
      path: "/api/faults",
      tag: "faults",
      summary: "Has something go wrong with some requests",
      access: "write",
      body: FaultInput,
      status: 201,
      answer: FaultRow,
      errors: [409],
      handle({ body, response }) {
        if (faults.list().length >= MOST_FAULTS) {
          throw conflict("TOO_MANY_FAULTS", `${MOST_FAULTS} faults are set already; delete some first`);
        }
        const id = faults.add(body);
        response.set("Location", `faults/${id}`);
        return rowOf(faults.list(), id) ?? toFaultRow({ id, fault: body, remainingMs: 0, left: undefined });
      },
    }),
    endpoint({
      method: "delete",
      path: "/api/faults/{id}",
      tag: "faults",
      summary: "Removes a fault",
      access: "write",
      params: Params,
      status: 204,
      errors: [404],
      handle({ params: { id } }) {
        faults.list(); // what is over by itself is gone
        if (!faults.remove(id))
          throw notFound("FAULT_NOT_FOUND", `there is no fault ${id}; GET /api/faults lists them`);
        return undefined;
      },
    }),
  ];
}

function rowOf(listings: readonly FaultListing[], id: number): FaultRow | undefined {
  const found = listings.find((listing) => listing.id === id);
  return found && toFaultRow(found);
}

function toFaultRow({ id, fault, remainingMs, left }: FaultListing): FaultRow {
  return { ...fault, id, remainingMs: remainingMs ?? null, left: left ?? null };
}
