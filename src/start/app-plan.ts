import type { Operation } from "effection";
import type { AppContext, AppResult } from "../server/app.ts";

/** What a change of which starts an app again. */
export interface Watched {
  /** A file or a folder, as an absolute path. */
  path: string;
  /** In a folder: only files that are code, because an app may write others. */
  codeOnly: boolean;
}

/** How an app is made, once for each start. */
export interface AppPlan {
  make(context: AppContext): AppResult | Operation<AppResult>;
  watched: readonly Watched[];
}

/** What there is an app for. */
export interface Apps {
  /** The app of a hostname, as of now. */
  find(hostname: string): AppPlan | undefined;
  /** Why there is none, if something looks like one. */
  whyNot(hostname: string): string | undefined;
  /** What it stands under: a hostname that has no app stands under itself. */
  keyOf(hostname: string): string;
  /** Every hostname or pattern that there is an app for, as of now. */
  names(): readonly string[];
}
