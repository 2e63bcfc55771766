import { toHostname } from "../../base/hostname.ts";
import { UsageError } from "../exit-codes.ts";

/** The name of an app, as it is routed by; also of one that is written as browsers need it, `shop.localhost`. */
export function toName(written: string): string {
  const name = toHostname(written);
  if (name !== undefined) return name.replace(/(?<=.)\.localhost$/, "");
  throw new UsageError(
    `${JSON.stringify(written)} is no name of an app: letters, digits, "-", "_" and dots, as shop in http://shop.localhost`,
  );
}

/** The path of what there is to ask for about an app. */
export function servicePath(written: string, action = ""): string {
  return `api/services/${encodeURIComponent(toName(written))}${action === "" ? "" : `/${action}`}`;
}
