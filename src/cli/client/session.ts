import type { Operation } from "effection";
import type { ParsedOptions } from "../parsed-options.ts";
import { type ApiClient, useApiClient } from "./api-client.ts";
import { findTarget } from "./find.ts";

/** The client for what the options of a command say: see {@link CLIENT_OPTIONS}. */
export function* useApi(options: ParsedOptions): Operation<ApiClient> {
  return yield* useApiClient(yield* findTarget(options));
}
