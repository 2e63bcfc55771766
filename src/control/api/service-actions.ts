import { z } from "zod";
import { SwitchboardError } from "../../base/errors.ts";
import { type Endpoint, endpoint } from "../endpoint.ts";
import { Hostname } from "../schemas/common.ts";
import { Service } from "../schemas/service.ts";
import { takeSnapshot } from "../service-rows.ts";
import type { ControlSource } from "../source.ts";
import { isKnown, noSuchService } from "./journal.ts";

const Params = z.strictObject({ hostname: Hostname });
const ScaleInput = z.strictObject({ replicas: z.number().int().min(1).max(64) }).meta({ examples: [{ replicas: 3 }] });
const PinInput = z.strictObject({ pinned: z.boolean() }).meta({ examples: [{ pinned: true }] });

interface Action {
  name: string;
  summary: string;
  description: string;
  act(hostname: string): Promise<unknown>;
}

/** What can be done to a service. Each answers with the service as it is then. */
export function serviceActionEndpoints(source: ControlSource): Endpoint[] {
  const { pool } = source;
  const mustExist = (hostname: string) => {
    if (!isKnown(source, hostname)) throw noSuchService(source, hostname);
  };
  const actions: Action[] = [
    {
      name: "start",
      summary: "Starts it, and answers when it can answer",
      description:
        "Also one that has failed, at once, and one that nobody has asked for yet, if there is an app for it.",
      act: (hostname) => startAfresh(source, hostname),
    },
    {
      name: "stop",
      summary: "Drains and stops it, and forgets its failures",
      description: "The next request starts it again, unless there is no app for it any more.",
      async act(hostname) {
        mustExist(hostname);
        await pool.shutdown(hostname);
      },
    },
    {
      name: "restart",
      summary: "Drains and stops it, and starts it again",
      description: "One that does not run is started.",
      async act(hostname) {
        mustExist(hostname);
        await pool.shutdown(hostname);
        await pool.getOrCreate(hostname);
      },
    },
  ];
  return [
    ...actions.map(({ name, summary, description, act }) =>
      endpoint({
        method: "post",
        path: `/api/services/{hostname}/${name}`,
        tag: "services",
        summary,
        description,
        access: "write",
        params: Params,
        status: 200,
        answer: Service,
        errors: [404, 413, 415, 503, 504],
        async handle({ params: { hostname } }) {
          await act(hostname);
          return takeSnapshot(source).row(hostname);
        },
      }),
    ),
    endpoint({
      method: "post",
      path: "/api/services/{hostname}/scale",
      tag: "services",
      summary: "So many replicas from now on, until it stops",
      description: "Answers when the new ones can answer, and those that were too many are gone.",
      access: "write",
      params: Params,
      body: ScaleInput,
      status: 200,
      answer: Service,
      errors: [404, 409, 503, 504],
      async handle({ params: { hostname }, body: { replicas } }) {
        mustExist(hostname);
        await pool.scale(hostname, replicas);
        return takeSnapshot(source).row(hostname);
      },
    }),
    endpoint({
      method: "post",
      path: "/api/services/{hostname}/pin",
      tag: "services",
      summary: "Keeps it, or keeps it no more",
      description: "One that is pinned is started. A start that fails is shown; it is pinned all the same.",
      access: "write",
      params: Params,
      body: PinInput,
      status: 200,
      answer: Service,
      errors: [404, 503],
      async handle({ params: { hostname }, body: { pinned } }) {
        if (pinned) await pin(source, hostname);
        else pool.unpin(hostname);
        return takeSnapshot(source).row(hostname);
      },
    }),
  ];
}

/** Whoever asks for it by hand does not wait for a backoff. */
async function startAfresh({ pool }: ControlSource, hostname: string): Promise<void> {
  const { refused } = pool.inspect();
  if (refused.some((row) => row.hostname === hostname)) await pool.shutdown(hostname);
  await pool.getOrCreate(hostname);
}

async function pin({ pool }: ControlSource, hostname: string): Promise<void> {
  try {
    await pool.pin(hostname);
  } catch (error) {
    const declined = error instanceof SwitchboardError && error.code === "DECLINED";
    if (declined) pool.unpin(hostname); // there is no app to keep
    if (declined || !pool.pinned().includes(hostname)) throw error;
  }
}
