const ABSOLUTE: RegExp = /^https?:\/\/([^/?#]*)/i;

/** The path and query of a request target in origin or absolute form. */
export function toPath(url: string): string {
  return url.startsWith("/") ? url : url.replace(ABSOLUTE, "");
}

/** The authority of a request target in absolute form; nothing for any other. */
export function toAuthority(url: string): string {
  return ABSOLUTE.exec(url)?.[1] ?? "";
}
