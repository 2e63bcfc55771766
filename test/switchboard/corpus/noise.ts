import { type Case, get, refused } from "./case.ts";

/** The beginning of what a browser sends when it is given `https://` by mistake. */
const CLIENT_HELLO = Buffer.concat([
  Buffer.from("16030100c0010000bc0303", "hex"),
  Buffer.alloc(32, 7),
  Buffer.from("00001e130113021303c02bc02fcca9cca8c02cc030c00ac009c013c014009c009d002f0035", "hex"),
]);

/** Bytes that are always the same ones, and have no pattern (a linear congruential generator). */
function garbage(seed: number, length: number): Buffer {
  let state = seed;
  return Buffer.from(
    Array.from({ length }, () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state >>> 24;
    }),
  );
}

export const noiseCases: Case[] = [
  refused("a TLS ClientHello", CLIENT_HELLO),
  refused("a TLS ClientHello in two packets", [CLIENT_HELLO.subarray(0, 3), CLIENT_HELLO.subarray(3)]),
  refused("an SSH banner", "SSH-2.0-OpenSSH_9.6\r\n"),
  refused("a PROXY protocol header", `PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n${get("{a}.localhost")}`),
  refused("an HTTP answer", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
  refused("SMTP", "EHLO {a}.localhost\r\n"),
  refused("NULs", Buffer.alloc(64)),
  refused("a byte order mark", Buffer.from(`\ufeff${get("a.localhost")}`, "utf8")),
  ...[1, 2, 3, 4, 5].map((seed) => refused(`garbage ${seed}`, garbage(seed, 64 << seed))),
  refused("garbage, then a request", [garbage(9, 64), get("{a}.localhost")]),
  refused(
    "garbage and a request in the same packet",
    Buffer.concat([garbage(11, 64), Buffer.from(get("a.localhost"))]),
  ),
];
