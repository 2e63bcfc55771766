import { type Case, fieldOf, get, head, refused, served } from "./case.ts";

/** A name of `length` characters whose labels are as long as they may be. */
function longName(length: number, first: string): string {
  const labels = `${first}.`.padEnd(length, `${"l".repeat(63)}.`).slice(0, length);
  return labels.endsWith(".") ? `${labels.slice(0, -2)}xl` : labels;
}

const bad = (name: string, host: string): Case => refused(name, get(host));
const good = (name: string, host: string, hostname = "{a}"): Case => served(name, get(host), `${hostname} GET /`);

const LABEL_63 = "l".repeat(63);
const NAME_253 = longName(253, "longest");

export const hostCases: Case[] = [
  refused("no Host", head("GET / HTTP/1.1")),
  refused("no Host, but other fields", head("GET / HTTP/1.1", "X-Host: {a}.localhost", "Accept: */*")),
  bad("an empty Host", ""),
  bad("a Host of white space", " \t "),
  refused("two Host lines with the same value", head("GET / HTTP/1.1", "Host: {a}.localhost", "Host: {a}.localhost")),
  refused("two Host lines", head("GET / HTTP/1.1", "Host: {a}.localhost", "Host: {b}.localhost")),
  refused("two Host lines in different case", head("GET / HTTP/1.1", "Host: {a}.localhost", "hOST: {b}.localhost")),
  refused("two Host lines far apart", get("{a}.localhost", "/", ...numbered(40), "HOST: {b}.localhost")),
  refused("two Host lines, the first empty", head("GET / HTTP/1.1", "Host:", "Host: {a}.localhost")),
  served("a field name in lower case", head("GET / HTTP/1.1", "host: {a}.localhost"), "{a} GET /"),
  served("a field name in upper case", head("GET / HTTP/1.1", "HOST: {a}.localhost"), "{a} GET /"),
  served("Host as the last field", head("GET / HTTP/1.1", "Accept: */*", "Host: {a}.localhost"), "{a} GET /"),
  served("no white space before the value", head("GET / HTTP/1.1", "Host:{a}.localhost"), "{a} GET /"),
  served("white space around the value", head("GET / HTTP/1.1", "Host: \t {a}.localhost \t"), "{a} GET /"),

  bad("user info", "user@{a}.localhost"),
  bad("user info with a password", "user:secret@{a}.localhost"),
  bad("user info that looks like a host and port", "{a}.localhost:80@{b}.localhost"),
  bad("a path", "{a}.localhost/path"),
  bad("a backslash", "{a}.localhost\\{b}.localhost"),
  bad("a query", "{a}.localhost?query"),
  bad("a fragment", "{a}.localhost#fragment"),
  bad("a whole URL", "http://{a}.localhost"),
  bad("a space inside", "{a} .localhost"),
  bad("a tab inside", "{a}\t.localhost"),
  bad("two names with a space between", "{a}.localhost {b}.localhost"),
  bad("two names with a comma between", "{a}.localhost, {b}.localhost"),
  bad("a comma at the end", "{a}.localhost,"),
  bad("a semicolon", "{a}.localhost;"),
  bad("quotes", '"{a}.localhost"'),
  bad("a percent-encoded NUL", "{a}%00.localhost"),
  bad("a percent-encoded dot", "{a}%2elocalhost"),
  bad("a percent-encoded letter", "%61{a}.localhost"),
  bad("a NUL", "{a}\0.localhost"),
  bad("an escape character", "{a}\x1b.localhost"),
  bad("a DEL", "{a}\x7f.localhost"),
  bad("a vertical tab", "{a}\v.localhost"),
  bad("a bare CR", "{a}.localhost\rX: y"),
  bad("an asterisk", "*.localhost"),
  bad("a dollar sign", "$" + "{a}.localhost"),
  refused("UTF-8 bytes", Buffer.from(get("b\u00fccher.localhost"), "utf8")),
  bad("a Latin-1 byte", "b\xfccher.localhost"),
  refused("full-width letters", Buffer.from(get("\uff41\uff42.localhost"), "utf8")),
  refused("a soft hyphen", Buffer.from(get("a\u00adb.localhost"), "utf8")),
  good("punycode", "xn--bcher-kva{a}.localhost", "xn--bcher-kva{a}"),

  served(
    "upper case, by the same server",
    [get("{a}.localhost"), { answers: 1 }, get("{A}.LOCALHOST")],
    ["{a} GET /", "{a} GET /"],
  ),
  good("one trailing dot", "{a}.localhost."),
  good("one trailing dot and a port", "{a}.localhost.:8000"),
  bad("two trailing dots", "{a}.localhost.."),
  bad("an empty label", "{a}..b.localhost"),
  bad("a leading dot", ".{a}.localhost"),
  bad("a leading dot before localhost", ".localhost"),
  bad("a dot alone", "."),
  good("several labels", "one.{a}.localhost", "one.{a}"),
  good("a name that is not below localhost", "www.{a}.test", "www.{a}.test"),
  good("a name that only ends like localhost", "{a}localhost", "{a}localhost"),
  good("localhost as a label in the middle", "{a}.localhost.test", "{a}.localhost.test"),
  good("localhost twice", "{a}.localhost.localhost", "{a}.localhost"),
  good("a label of 63 characters", `${LABEL_63}.localhost`, LABEL_63),
  bad("a label of 64 characters", `${LABEL_63}l.localhost`),
  good("a name of 253 characters", NAME_253, NAME_253),
  good("a name of 253 characters and a trailing dot", `${longName(253, "dotted")}.`, longName(253, "dotted")),
  bad("a name of 254 characters", longName(254, "longer")),
  bad("a name of 8,000 characters", longName(8_000, "huge")),
  good("an underscore", "_dmarc.{a}.localhost", "_dmarc.{a}"),
  good("a leading hyphen", "-{a}.localhost", "-{a}"),
  good("a trailing hyphen", "{a}-.localhost", "{a}-"),
  good("names of object members", "__proto__.localhost", "__proto__"),
  good("another name of an object member", "constructor.localhost", "constructor"),

  good("an IPv4 address", "192.0.2.7", "192.0.2.7"),
  bad("an IPv6 address", "[2001:db8::1]"),
  bad("an IPv6 address with a port", "[2001:db8::1]:80"),
  bad("an IPv6 address without brackets", "::1"),
  bad("a long form of ::1", "[0:0:0:0:0:0:0:1]"),
  bad("an IPv6 zone", "[::1%25lo]"),
  bad("an IPv4 address inside an IPv6 one", "[::ffff:127.0.0.1]"),
  bad("empty brackets", "[]"),
  bad("an opening bracket alone", "[::1"),
  bad("a closing bracket alone", "::1]"),
  bad("text after the bracket", "[::1]x"),
  bad("a name in brackets", "[{a}.localhost]"),

  good("no port", "{a}.localhost"),
  good("an empty port", "{a}.localhost:"),
  good("port 0", "{a}.localhost:0"),
  good("port 65535", "{a}.localhost:65535"),
  bad("port 65536", "{a}.localhost:65536"),
  bad("port 99999", "{a}.localhost:99999"),
  bad("a port of six digits", "{a}.localhost:000080"),
  bad("a port with letters", "{a}.localhost:80a"),
  bad("a hexadecimal port", "{a}.localhost:0x50"),
  bad("a negative port", "{a}.localhost:-1"),
  bad("a port with a sign", "{a}.localhost:+80"),
  bad("a port with a space before it", "{a}.localhost: 80"),
  bad("two ports", "{a}.localhost:80:80"),
  bad("a port alone", ":80"),
  served("a port that is not the real one, seen by the app", get("{a}.localhost:1"), "{a} GET /", {
    check: ([seen], _) => {
      if (seen === undefined || !/^a\d+\.localhost:1$/.test(fieldOf(seen, "host")[0] ?? "")) {
        throw new Error(`Host was changed: ${seen?.rawHeaders}`);
      }
    },
  }),
];

function numbered(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `X-${i}: ${i}`);
}
