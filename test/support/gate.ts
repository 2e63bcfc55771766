/** A promise that is opened from outside: tests order what happens with gates, never by sleeping. */
export interface Gate<T = void> {
  promise: Promise<T>;
  open(value: T): void;
}

export function createGate<T = void>(): Gate<T> {
  let open!: (value: T) => void;
  const promise = new Promise<T>((resolve) => {
    open = resolve;
  });
  return { promise, open };
}

/** Events in the order of their arrival, and a way to wait for one. */
export class Log<T extends { type: string; hostname?: string | undefined }> {
  readonly events: T[] = [];
  #changed: (() => void)[] = [];

  readonly add = (event: T): void => {
    this.events.push(event);
    for (const changed of this.#changed.splice(0)) changed();
  };

  /** The first event of this type (and hostname), now or later. */
  async next<K extends T["type"]>(type: K, hostname?: string): Promise<Extract<T, { type: K }>> {
    for (;;) {
      const found = this.events.find(
        (event) => event.type === type && (hostname === undefined || event.hostname === hostname),
      );
      if (found) return found as Extract<T, { type: K }>;
      await new Promise<void>((resolve) => this.#changed.push(resolve));
    }
  }

  /** `type hostname`, in order, of the types that are asked for. */
  lines(...types: T["type"][]): string[] {
    const wanted = types.length === 0 ? this.events : this.events.filter(({ type }) => types.includes(type));
    return wanted.map(({ type, hostname }) => `${type} ${hostname}`);
  }
}
