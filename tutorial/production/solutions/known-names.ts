import { type AppFactory, createSwitchboard, type RunningSwitchboard } from "effection-switchboard";

/** A switchboard for a few names. Others are refused before anything is started, and a pool cannot be filled by them. */
export function createKnownSwitchboard(names: readonly string[], app: AppFactory): Promise<RunningSwitchboard> {
  const known = new Set(names);
  return createSwitchboard({ app, basePort: 0, admit: (hostname) => known.has(hostname) });
}
