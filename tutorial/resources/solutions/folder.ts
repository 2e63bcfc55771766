import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensure, type Operation, resource, until } from "effection";

/** The path of a new folder, which is removed with all that is in it. */
export function useTemporaryFolder(): Operation<string> {
  return resource(function* (provide) {
    const making = mkdtemp(join(tmpdir(), "tutorial-"));
    yield* ensure(() => remove(making));
    yield* provide(yield* until(making));
  });
}

/** A folder that is being made cannot be called back: it is waited for, and removed. */
function* remove(making: Promise<string>): Operation<void> {
  const folder = yield* until(making.catch(() => undefined));
  if (folder !== undefined) yield* until(rm(folder, { recursive: true, force: true }));
}
