import type { Operation } from "effection";
import { toSpan } from "../../base/duration.ts";
import type { SystemMetrics } from "../client/api-types.ts";
import { useApi } from "../client/session.ts";
import { NO_DASHBOARD, toDashboard } from "../client/target.ts";
import { CLIENT_OPTIONS, type Command } from "../command.ts";
import { printFields, printJson } from "../terminal/print.ts";
import { printable } from "../terminal/printable.ts";
import { toFew, toMs, toPercent } from "./rows.ts";

export const status: Command = {
  name: "status",
  args: [],
  summary: "how the switchboard is, and where",
  options: CLIENT_OPTIONS,
  *run(_args, options): Operation<void> {
    const api = yield* useApi(options);
    const { systemOverview, pool } = yield* api.get<SystemMetrics>("api/metrics");
    const { role, version, canWrite } = yield* api.get<{ role: string; version: string; canWrite: boolean }>(
      "api/session",
    );
    const { url, file } = api.target;
    const known = {
      url: url.origin,
      dashboard: toDashboard(api.target) ?? null,
      version,
      pid: file?.state.pid ?? null,
      startedAt: file?.state.startedAt ?? null,
      stateFile: file?.path ?? null,
      role,
      canWrite,
      overview: systemOverview,
      pool,
    };
    if (options.flag("json")) return yield* printJson(known);
    const up = known.startedAt === null ? "" : `, up ${toSpan(Date.now() - Date.parse(known.startedAt))}`;
    const lines: [string, string][] = [
      ["switchboard", `${known.url}, ${systemOverview.systemStatus}${up}`],
      ["version", `${version}${known.pid === null ? "" : `, process ${known.pid}`}`],
      ["dashboard", known.dashboard ?? `none: ${NO_DASHBOARD}`],
      [
        "servers",
        `${pool.running} of ${pool.maxServers} run, ${pool.starting + pool.queued} start, ${pool.backingOff} wait, ${pool.failed} failed`,
      ],
      [
        "requests",
        `${toFew(systemOverview.requestsPerMin)} a minute, ${toPercent(systemOverview.errorRate)} errors, ${toMs(systemOverview.avgResponseTime) ?? "-"} on average`,
      ],
      ["you", `${role}: ${canWrite ? "may change things" : "may only look; give --token to change things"}`],
    ];
    if (known.stateFile !== null) lines.push(["state file", `${known.stateFile} (it holds the token)`]);
    yield* printFields(
      lines.map(([title, text]) => [title, printable(text)]),
      13,
    );
  },
};
