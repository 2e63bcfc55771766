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
