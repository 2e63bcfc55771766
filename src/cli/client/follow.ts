import { type Operation, until } from "effection";
import { count } from "../../base/listing.ts";
import { CommandError, EXIT } from "../exit-codes.ts";
import { note } from "../terminal/print.ts";
import type { ApiClient } from "./api-client.ts";
import type { StreamEvent } from "./event-stream.ts";

/**
 * Gives every event of `stream` to `take`, and waits for it, until the switchboard ends: then it throws. It does not
 * connect again: another switchboard on that port would begin its numbers anew.
 */
export function* follow(
  { target }: ApiClient,
  stream: AsyncIterator<StreamEvent>,
  take: (data: unknown) => Operation<void>,
): Operation<never> {
  for (;;) {
    const next = yield* nextOf(stream);
    if (next === undefined) {
      throw new CommandError(EXIT.unreachable, `the switchboard at ${target.url.origin} has ended`);
    }
    const data: unknown = JSON.parse(next.data);
    if (next.event === "lost") {
      note(`${count((data as { lost: number }).lost, "record")} lost: what reads them is too slow`);
    } else yield* take(data);
  }
}

/** `undefined` at the end, however it came. */
function* nextOf(stream: AsyncIterator<StreamEvent>): Operation<StreamEvent | undefined> {
  try {
    const { done, value } = yield* until(stream.next());
    return done ? undefined : value;
  } catch {
    return undefined;
  }
}
