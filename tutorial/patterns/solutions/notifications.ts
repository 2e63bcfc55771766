import type { Operation } from "effection";
import type { SwitchboardError } from "effection-switchboard";
import {
  type CircuitState,
  createCircuitBreaker,
  createPipeline,
  createRateLimiter,
  type DrainReport,
  type JobFuture,
  useWorkerPool,
} from "effection-switchboard/resilience";
import { withDeadline } from "../../operations/solutions/deadline.ts";
import { post } from "../gateway.ts";

const CHANNELS = ["email", "sms", "push"] as const;
export type Channel = (typeof CHANNELS)[number];

/** A notification as it comes in: nobody has looked at it yet. */
export interface Draft {
  id: string;
  user?: string;
  channel?: string;
  text?: string;
}

interface Notification {
  id: string;
  user: string;
  channel: Channel;
  text: string;
}

export type Delivery =
  | { id: string; status: "delivered"; channel: Channel }
  | { id: string; status: "failed"; stage: string; reason: string };

export interface Notifications {
  /** Gives the result, good or bad. Rejects only when there was no place, or when it was halted. */
  send(draft: Draft): JobFuture<Delivery>;
  /** What became of a notification; the latest 10,000 are remembered. */
  find(id: string): Delivery | undefined;
  stateOf(channel: Channel): CircuitState;
  /** Takes nothing more, lets finish what is there for at most `graceMs`, and halts the rest. */
  drain(graceMs: number): Operation<DrainReport>;
}

const REMEMBERED = 10_000;

/** Delivers notifications to `url`, each channel at a path of its own. When the owner ends, what runs or waits is halted. */
export function* useNotifications(url: string, deadlineMs = 5_000): Operation<Notifications> {
  const pool = yield* useWorkerPool({ workers: 3 });
  const limiter = createRateLimiter({ limit: 100, windowMs: 60_000 });
  const breakers = new Map(CHANNELS.map((name) => [name, createCircuitBreaker({ name })]));
  const deliveries = new Map<string, Delivery>();

  function track(delivery: Delivery): Delivery {
    deliveries.set(delivery.id, delivery);
    const [oldest] = deliveries.keys();
    if (deliveries.size > REMEMBERED && oldest !== undefined) deliveries.delete(oldest);
    return delivery;
  }

  function breakerOf(channel: Channel) {
    const breaker = breakers.get(channel);
    if (breaker === undefined) throw new Error(`there is no channel "${channel}"`);
    return breaker;
  }

  const pipeline = createPipeline<Draft>()
    .stage("validate", validate)
    .stage("rate check", function* (notification) {
      const { allowed, retryAfterMs } = limiter.consume(notification.user);
      if (!allowed) throw new Error(`${notification.user} has to wait for ${Math.ceil(retryAfterMs)} ms`);
      return notification;
    })
    .stage("deliver", function* ({ id, channel, text }) {
      // The deadline is inside: a channel that falls silent is a channel that fails.
      yield* breakerOf(channel).execute(() => withDeadline(deadlineMs, () => post(`${url}/${channel}`, text)));
      return { id, channel };
    })
    .stage("track", function* ({ id, channel }) {
      return track({ id, status: "delivered", channel });
    });

  function* deliver(draft: Draft): Operation<Delivery> {
    try {
      return yield* pipeline.run(draft);
    } catch (error) {
      const { stage = "", cause } = error as SwitchboardError;
      return track({ id: draft.id, status: "failed", stage, reason: (cause as Error).message });
    }
  }

  return {
    send: (draft) => pool.submit(() => deliver(draft)),
    find: (id) => deliveries.get(id),
    stateOf: (channel) => breakerOf(channel).state,
    drain: (graceMs) => pool.drain(graceMs),
  };
}

function* validate({ id, user, channel, text }: Draft): Operation<Notification> {
  if (!user) throw new Error("there is no user");
  if (!text) throw new Error("there is no text");
  const known = CHANNELS.find((name) => name === channel);
  if (known === undefined) throw new Error(`"${channel}" is none of ${CHANNELS.join(", ")}`);
  return { id, user, channel: known, text };
}
