import { noop } from "../base/operations.ts";
import type { RunningSwitchboard } from "../start.ts";

/** The client side of a board, that of one test. */
export interface Client extends Pick<RunningSwitchboard, "fetch" | "dispatcher"> {
  /** Gives up what is still under way, silently: nobody is there to hear of it. */
  abort(): Promise<void>;
}

/** Knows whether a board was dialled, so that what is still under way can be given up without loading a client. */
export function createClient(board: RunningSwitchboard): Client {
  const answers: Promise<Response>[] = [];
  let dialled = false;
  return {
    dispatcher() {
      dialled = true;
      return board.dispatcher();
    },
    fetch(...target) {
      dialled = true;
      const answer = board.fetch(...target);
      answers.push(answer);
      return answer;
    },
    async abort() {
      if (!dialled) return;
      for (const answer of answers) answer.catch(noop);
      const client = await board.dispatcher().catch(noop); // the test has closed its switchboard itself
      await client?.destroy();
    },
  };
}
