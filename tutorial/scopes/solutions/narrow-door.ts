import { type Operation, resource } from "effection";
import { type Door, useDoor } from "../door.ts";

/** A door for at most `max` operations at the same time; further ones are turned away. */
export function useNarrowDoor(max: number): Operation<Door> {
  return resource(function* (provide) {
    const enter = yield* useDoor();
    let inside = 0;
    yield* provide((operation) => {
      if (inside >= max) throw new Error(`${max} are inside: come back later`);
      inside += 1;
      return enter(function* () {
        try {
          return yield* operation();
        } finally {
          inside -= 1;
        }
      });
    });
  });
}
