import type { ServerResponse } from "node:http";
import type { ForwardPhase } from "../forward/forward-failure.ts";
import {
  afterAnswer,
  afterCheck,
  CHECKED,
  type CheckRecord,
  type HealthStatus,
  type OutlierRecord,
  UNSEEN,
} from "./health-status.ts";
import type { ReplicaSettings } from "./replica-config.ts";

/** What the health of one replica needs. */
export interface ReplicaHealthHost {
  /** Whether one more replica may be left out. */
  mayEject(): boolean;
  /** Its status is another one, or it gets requests again. */
  changed(from: HealthStatus, to: HealthStatus, reason: string): void;
}

/** Our own answer to a request that goes in circles: no replica has seen it. */
const LOOP = 508;
/**
 * So long a replica is left out that cannot be connected to: it has died and nobody knows yet, or it comes back at once.
 * Meanwhile it would be the least busy of all.
 */
const UNREACHABLE_MS = 1_000;
/** The smallest share of a replica that has just joined. */
const FIRST_SHARE = 0.1;

/**
 * Whether one replica can answer: what its checks, and its answers, have shown.
 *
 * **Lifetime.** It begins anew each time the replica joins. `left` clears its timer.
 */
export class ReplicaHealth {
  readonly #settings: ReplicaSettings;
  readonly #host: ReplicaHealthHost;
  #checks: CheckRecord = CHECKED;
  #answers: OutlierRecord = UNSEEN;
  #ejected: ReturnType<typeof setTimeout> | undefined;
  /** No connection can be made to it, and there is nobody else who could have its requests. */
  #isUnreachable = false;
  #isIn = false;
  #joinedAt = 0;

  constructor(settings: ReplicaSettings, host: ReplicaHealthHost) {
    this.#settings = settings;
    this.#host = host;
  }

  /** Its checks do not say that it cannot answer. */
  get isUp(): boolean {
    return this.#checks.up;
  }

  /** It is left out because of how it answers. */
  get isEjected(): boolean {
    return this.#ejected !== undefined;
  }

  get status(): HealthStatus {
    if (!this.isUp || this.isEjected || this.#isUnreachable) return "unhealthy";
    return this.#checks.against > 0 ? "degraded" : "healthy";
  }

  /** Its share of the requests. */
  get weight(): number {
    const { slowStartMs } = this.#settings;
    const age = performance.now() - this.#joinedAt;
    return age >= slowStartMs ? 1 : Math.max(FIRST_SHARE, age / slowStartMs);
  }

  joined(): void {
    this.#isIn = true;
    this.#checks = CHECKED;
    this.#answers = UNSEEN;
    this.#isUnreachable = false;
    this.#joinedAt = performance.now();
  }

  left(): void {
    this.#isIn = false;
    clearTimeout(this.#ejected);
    this.#ejected = undefined;
  }

  /** One more check: why it failed, if it did. */
  checked(why: string | undefined): void {
    const { health } = this.#settings;
    if (health === false) return;
    const from = this.status;
    const { up } = this.#checks;
    this.#checks = afterCheck(this.#checks, why === undefined, health);
    if (this.#checks.up && !up) this.#joinedAt = performance.now();
    this.#tell(from, why ?? `its health check GET ${health.path} succeeded`);
  }

  /** A response has closed. */
  answered({ statusCode, writableFinished }: ServerResponse): void {
    if (statusCode === LOOP) return;
    if (statusCode >= 500) this.#count(true);
    else if (writableFinished) this.#count(false); // else the client has left, or `brokeOff` was told
  }

  /** A request was not forwarded to its end. Where that is answered, `answered` sees it. */
  brokeOff(phase: ForwardPhase): void {
    if (phase === "body" || phase === "upgrade") this.#count(true);
  }

  /** No connection can be made to it. */
  unreachable(): void {
    if (!this.#isIn || this.isEjected) return;
    const why = "it cannot be connected to";
    if (this.#settings.outliers !== false && this.#host.mayEject()) this.#leaveOut(UNREACHABLE_MS, why);
    else this.#setUnreachable(true, why);
  }

  /** A connection was made, after one that could not be. */
  reached(): void {
    this.#setUnreachable(false, "it can be connected to again");
  }

  #setUnreachable(isUnreachable: boolean, why: string): void {
    const from = this.status;
    this.#isUnreachable = isUnreachable;
    this.#tell(from, why);
  }

  #count(failed: boolean): void {
    const { outliers } = this.#settings;
    if (outliers === false || !this.#isIn) return; // what a run that has ended was busy with fails, too
    if (!failed && this.#answers.failures === 0) return;
    const { until } = this.#answers;
    const now = performance.now();
    this.#answers = afterAnswer(this.#answers, failed, outliers, now, () => this.#host.mayEject());
    if (this.#answers.until === until) return;
    this.#leaveOut(this.#answers.until - now, `${outliers.failures} of its answers in a row failed`);
  }

  #leaveOut(ms: number, why: string): void {
    const from = this.status;
    clearTimeout(this.#ejected);
    this.#ejected = setTimeout(() => this.#readmit(), ms);
    this.#tell(from, `${why}; it is left out for ${ms} ms`);
  }

  #readmit(): void {
    const from = this.status;
    this.#ejected = undefined;
    this.#tell(from, "it is tried again after it was left out");
  }

  #tell(from: HealthStatus, reason: string): void {
    if (from !== this.status) this.#host.changed(from, this.status, reason);
  }
}
