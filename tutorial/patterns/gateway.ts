// #region gateway
import { type Operation, until, useAbortSignal } from "effection";
import { useServer } from "../resources/server.ts";

export interface Gateway {
  url: string;
  /** Tells the server how to be from now on, for messages to this path. */
  set(path: string, mood: "well" | "broken" | "silent"): void;
  /** The messages that were asked to be delivered, and whether they were. */
  readonly seen: { path: string; text: string; delivered: boolean }[];
}

/** A server that delivers what is posted to it, unless it is told to fail. */
export function* useGateway(): Operation<Gateway> {
  const moods = new Map<string, string>();
  const seen: Gateway["seen"] = [];
  const { port } = yield* useServer(async (request, response) => {
    const path = request.url ?? "/";
    let text = "";
    for await (const chunk of request.setEncoding("utf8")) text += chunk;
    const mood = moods.get(path) ?? "well";
    seen.push({ path, text, delivered: mood === "well" });
    if (mood !== "silent") response.writeHead(mood === "well" ? 200 : 503).end();
  });
  return { url: `http://127.0.0.1:${port}`, set: (path, mood) => moods.set(path, mood), seen };
}
// #endregion

// #region post
/** Has a message delivered. When it is halted, the request is given up. */
export function* post(url: string, text: string): Operation<void> {
  const signal = yield* useAbortSignal();
  const response = yield* until(fetch(url, { method: "POST", body: text, signal }));
  yield* until(response.arrayBuffer());
  if (!response.ok) throw new Error(`${new URL(url).pathname} answered ${response.status}`);
}
// #endregion
