/** What one look at this machine has found. */
export interface Check {
  name: string;
  status: "ok" | "warn" | "fail";
  /** What was found. */
  detail: string;
  /** The way out, where one is needed. */
  advice?: string;
}
