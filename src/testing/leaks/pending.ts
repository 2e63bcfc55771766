/** What `async_hooks` calls a request: of the file system, the resolver, the thread pool. */
const REQUEST = /REQ(?:WRAP|CALLBACK|PROMISE|UEST)?$|^QUERYWRAP$|^ZLIB$/;

/** Work that Node does elsewhere. It is no leak, but what it calls when it has ended may leave something. */
export class PendingRequests {
  /** Weakly: some of them end when nothing refers to them. */
  readonly #requests = new Map<number, { type: string; resource: WeakRef<object> }>();

  static includes(type: string): boolean {
    return REQUEST.test(type);
  }

  add(id: number, type: string, resource: object): void {
    this.#requests.set(id, { type, resource: new WeakRef(resource) });
  }

  delete(id: number): void {
    this.#requests.delete(id);
  }

  /** Whether something is under way. */
  get any(): boolean {
    return [...this.#requests.values()].some(({ type, resource }) => isUnderWay(type, resource.deref()));
  }
}

function isUnderWay(type: string, resource: { ondone?: unknown; buffer?: unknown } | undefined): boolean {
  if (resource === undefined) return false;
  if (type === "ZLIB") return resource.buffer != null; // lives as long as its stream
  // Crypto: one without `ondone` was over at once; but for digests, which are never, and lack it in Node 24.
  return !type.endsWith("REQUEST") || "ondone" in resource || type === "HASHREQUEST";
}
