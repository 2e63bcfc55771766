/**
 * Whether a field is about one connection, and never passed on: RFC 9110 section 7.6.1, with the older ones that
 * clients still send. Comparing lengths first keeps this cheap for the fields of a usual request.
 */
export function isHopByHop(name: string): boolean {
  switch (name.length) {
    case 2:
      return same(name, "te");
    case 7:
      return same(name, "trailer") || same(name, "upgrade");
    case 10:
      return same(name, "connection") || same(name, "keep-alive");
    case 16:
      return same(name, "proxy-connection");
    case 17:
      return same(name, "transfer-encoding");
    case 18:
      return same(name, "proxy-authenticate");
    case 19:
      return same(name, "proxy-authorization");
    default:
      return false;
  }
}

/** Whether two field names are the same; `lower` is in lower case. */
export function same(name: string, lower: string): boolean {
  return name.length === lower.length && (name === lower || name.toLowerCase() === lower);
}

/** Fields that `Connection` must not name: without them a message is another one. */
const ESSENTIAL: ReadonlySet<string> = new Set(["host", "content-length"]);
/** What `Connection` says most of the time: about the connection itself, naming no field of a message. */
const USUAL = /^(?:keep-alive|close|upgrade)?$/;

/**
 * The fields that `Connection` names, in lower case, besides those that are never passed on; `undefined` for the
 * usual case of none.
 */
export function namedByConnection(connection: string | undefined): ReadonlySet<string> | undefined {
  if (connection === undefined || USUAL.test(connection)) return undefined;
  const names = connection.toLowerCase().split(/[\s,]+/);
  const named = names.filter((name) => !USUAL.test(name) && !ESSENTIAL.has(name));
  return named.length === 0 ? undefined : new Set(named);
}
