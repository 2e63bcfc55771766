/** A copy: a part of a string, such as of a header, keeps the whole string in memory. JSON keeps every UTF-16 unit. */
export function detach(text: string): string {
  return JSON.parse(JSON.stringify(text));
}
