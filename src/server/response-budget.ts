import type { ServerResponse } from "node:http";

const BUDGET: unique symbol = Symbol("effection-switchboard.response-budget");
type BudgetedResponse = ServerResponse & { [BUDGET]?: true };

/** Says that somebody else ends this response when its head takes too long. */
export function setBudget(response: BudgetedResponse): void {
  response[BUDGET] = true;
}

/** Whether somebody else ends this response when its head takes too long: two clocks would contradict each other. */
export function hasBudget(response: BudgetedResponse): boolean {
  return response[BUDGET] === true;
}
