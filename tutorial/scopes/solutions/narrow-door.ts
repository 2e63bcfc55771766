import { type Operation, resource } from "effection";
import { type Door, useDoor } from "../door.ts";

/** A door for at most `max` operations at the same time; further ones are turned away. */
export function useNarrowDoor(max: number): Operation<Door> {
  return resource(function* (provide) {
    const enter = yield* useDoor();
    let inside = 0;
    const leave = () => {
      inside -= 1;
    };
    yield* provide((operation) => {
      if (inside >= max) throw new Error(`${max} are inside: come back later`);
      const task = enter(operation);
      inside += 1;
      task.then(leave, leave); // when it is over, its cleanup included: also if it never began
      return task;
    });
  });
}
