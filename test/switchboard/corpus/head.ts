import { expect } from "vitest";
import { type Case, fieldOf, get, refused, type Seen, served } from "./case.ts";

const withField = (line: string): string => get("{a}.localhost", "/", line);
const bad = (name: string, line: string): Case => refused(name, withField(line));
const good = (name: string, line: string, values: string[]): Case =>
  served(name, withField(line), "{a} GET /", {
    check: ([seen]) => expect(seen && fieldOf(seen, "x")).toEqual(values),
  });

/** Host and `count - 1` others, in less than 16 KiB. */
const many = (count: number): string =>
  get("{a}.localhost", "/", ...Array.from({ length: count - 1 }, (_, i) => `${i.toString(36)}:`));

const sawFields =
  (count: number) =>
  ([seen]: Seen[]) =>
    expect(seen?.rawHeaders).toHaveLength(2 * count);

export const headCases: Case[] = [
  good("an empty value", "X:", [""]),
  good("white space around a value", "X: \t y \t", ["y"]),
  good("a tab inside a value", "X: a\tb", ["a\tb"]),
  good("Latin-1 in a value", "X: \xe9\xff", ["\xe9\xff"]),
  good("a field twice", "X: a\r\nX: b", ["a", "b"]),
  good("a field twice in different case", "X: a\r\nx: b", ["a", "b"]),
  good("every token character in a name", "!#$%&'*+-.^_`|~09azAZ: y\r\nX: z", ["z"]),
  good("names of object members", "__proto__: y\r\nconstructor: y\r\nX: z", ["z"]),
  good("a value of 8,000 characters", `X: ${"y".repeat(8_000)}`, ["y".repeat(8_000)]),
  bad("obs-fold", "X: a\r\n b"),
  bad("obs-fold with a tab", "X: a\r\n\tb"),
  refused("obs-fold of Host", "GET / HTTP/1.1\r\nHost: {a}\r\n .localhost\r\n\r\n"),
  refused("obs-fold before the first field", "GET / HTTP/1.1\r\n Host: {a}.localhost\r\n\r\n"),
  bad("a space before the colon", "X : y"),
  bad("a tab before the colon", "X\t: y"),
  refused("a space before the colon of Host", "GET / HTTP/1.1\r\nHost : {a}.localhost\r\n\r\n"),
  bad("a space inside a name", "X Y: z"),
  bad("an empty name", ": y"),
  bad("a line without colon", "X"),
  bad("a line without colon and with a space", "X y"),
  bad("a name in quotes", '"X": y'),
  bad("a name with a slash", "X/Y: z"),
  bad("a name with brackets", "X[]: z"),
  bad("a name with a NUL", "X\0: y"),
  bad("a name with a Latin-1 byte", "X\xe9: y"),
  bad("a NUL in a value", "X: a\0b"),
  bad("a bell in a value", "X: a\x07b"),
  bad("a DEL in a value", "X: a\x7fb"),
  bad("CR alone in a value", "X: a\rb"),
  bad("CR alone at the end of a value", "X: a\r\r\nY: b"),
  bad("LF alone in a value", "X: a\nContent-Length: 5"),
  refused("a head of more than 16 KiB", withField(`X: ${"y".repeat(17_000)}`), 431),
  refused(
    "a head of more than 16 KiB in several fields",
    get("{a}.localhost", "/", ...Array.from({ length: 20 }, () => `X: ${"y".repeat(1_000)}`)),
    431,
  ),
  refused("a target of more than 16 KiB", get("{a}.localhost", `/${"p".repeat(17_000)}`), 431),
  refused("a Host of more than 16 KiB", get(`{a}${"h".repeat(17_000)}.localhost`), 431),
  refused(
    "a head that never ends",
    [`GET / HTTP/1.1\r\nHost: {a}.localhost\r\nX: ${"y".repeat(9_000)}`, "y".repeat(9_000)],
    431,
  ),
  served("1,000 fields", many(1_000), "{a} GET /", { check: sawFields(1_000) }),
  served("1,001 fields", many(1_001), [], { answers: [431], end: "closed" }),
  served("2,500 fields", many(2_500), [], { answers: [431], end: "closed" }),
  refused(
    "2,500 fields, a Transfer-Encoding among the last",
    `${many(2_500).slice(0, -2)}Transfer-Encoding: gzip\r\n\r\n`,
    431,
  ),
  refused("1,001 fields without a Host that counts", `${many(1_001).replace("Host: {a}.localhost\r\n", "")}`),
  refused("a request behind one of 1,001 fields is not served", many(1_001) + get("{b}.localhost"), 431),
  served("single bytes", { bytes: withField("X: y") }, "{a} GET /"),
];
