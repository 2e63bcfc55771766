import { expect } from "vitest";
import { type Case, fieldOf, get, head, refused, type Seen, served } from "./case.ts";

/** The app must be told the host it was chosen for, once. */
const sawHost =
  (host: RegExp) =>
  ([seen]: Seen[]) => {
    expect(seen && fieldOf(seen, "host")).toEqual([expect.stringMatching(host)]);
  };

const absolute = (name: string, target: string, host: string, saw: RegExp = /^a\d+\.localhost$/): Case =>
  served(name, get(host, target), `{a} GET ${target}`, { check: sawHost(saw) });

const bad = (name: string, target: string, host = "{a}.localhost"): Case => refused(name, get(host, target));

export const targetCases: Case[] = [
  absolute("an absolute target that agrees with Host", "http://{a}.localhost/path", "{a}.localhost"),
  absolute("an absolute target wins over Host", "http://{a}.localhost/path", "{b}.localhost"),
  absolute("an absolute target wins over a loopback name", "http://{a}.localhost/", "localhost"),
  absolute("an absolute target wins over switchboard.localhost", "http://{a}.localhost/", "switchboard.localhost"),
  absolute("an absolute target with a query", "http://{a}.localhost/?q=http://{b}.localhost/", "{b}.localhost"),
  absolute("an absolute target without a path", "http://{a}.localhost", "{b}.localhost"),
  absolute("an absolute target with a query and no path", "http://{a}.localhost?q", "{b}.localhost"),
  absolute("an absolute target with a port", "http://{a}.localhost:81/", "{b}.localhost:82", /^a\d+\.localhost:81$/),
  absolute("an absolute target with an empty port", "http://{a}.localhost:/", "{b}.localhost", /^a\d+\.localhost:$/),
  absolute("an absolute target in upper case", "HTTP://{A}.LOCALHOST/", "{b}.localhost", /^A\d+\.LOCALHOST$/),
  absolute("an absolute target with https", "https://{a}.localhost/", "{b}.localhost"),
  served(
    "an absolute target that is a loopback name",
    get("{a}.localhost", "http://localhost/x"),
    "default GET http://localhost/x",
  ),
  served(
    "X-App-Name counts by the host of the target",
    get("{b}.localhost", "http://[::1]/", "X-App-Name: {a}"),
    "{a} GET http://[::1]/",
  ),
  served(
    "X-App-Name does not count on another target",
    get("localhost", "http://{a}.localhost/", "X-App-Name: {b}"),
    "{a} GET http://{a}.localhost/",
  ),
  served(
    "HTTP/1.0 with an absolute target and Host",
    head("GET http://{a}.localhost/ HTTP/1.0", "Host: {b}.localhost"),
    "{a} GET http://{a}.localhost/",
    { end: "closed" },
  ),
  served(
    "OPTIONS with an absolute target",
    head("OPTIONS http://{a}.localhost HTTP/1.1", "Host: {b}.localhost"),
    "{a} OPTIONS http://{a}.localhost",
  ),
  refused("an absolute target and no Host", head("GET http://{a}.localhost/ HTTP/1.1")),
  refused("an absolute target and no Host in HTTP/1.0", head("GET http://{a}.localhost/ HTTP/1.0")),
  refused("an absolute target and two Hosts", get("{a}.localhost", "http://{a}.localhost/", "Host: {b}.localhost")),
  bad("an absolute target and an invalid Host", "http://{a}.localhost/", "a b"),
  bad("an absolute target and an empty Host", "http://{a}.localhost/", ""),
  bad("user info in the target", "http://user@{a}.localhost/"),
  bad("user info with a password in the target", "http://user:secret@{a}.localhost/"),
  bad("user info that looks like a host", "http://{a}.localhost:80@{b}.localhost/"),
  bad("a backslash in the authority", "http://{a}.localhost\\@{b}.localhost/"),
  bad("an invalid port in the target", "http://{a}.localhost:65536/"),
  bad("an IPv6 address in the target", "http://[2001:db8::1]/"),
  bad("an empty authority", "http:///path"),
  bad("an authority that is percent-encoded", "http://{a}%2elocalhost/"),
  bad("another scheme", "ftp://{a}.localhost/"),
  bad("a WebSocket scheme", "ws://{a}.localhost/"),
  bad("a scheme without slashes", "http:{a}.localhost/"),
  bad("a scheme with one slash", "http:/{a}.localhost/"),
  bad("an authority alone", "{a}.localhost:80"),
  bad("a path without a slash", "path"),
  bad("a query alone", "?query"),
  bad("GET *", "*"),
  bad("GET **", "**"),
  refused("POST *", head("POST * HTTP/1.1", "Host: {a}.localhost", "Content-Length: 0")),
  served("OPTIONS *", head("OPTIONS * HTTP/1.1", "Host: {a}.localhost"), "{a} OPTIONS *"),
  served("OPTIONS * on a loopback name", head("OPTIONS * HTTP/1.1", "Host: localhost"), "default OPTIONS *"),
  refused("OPTIONS * without Host", head("OPTIONS * HTTP/1.1")),

  served(
    "a path that looks like an authority",
    get("{a}.localhost", "//{b}.localhost/path"),
    "{a} GET //{b}.localhost/path",
  ),
  served(
    "a path that looks like a URL",
    get("{a}.localhost", "/http://{b}.localhost/"),
    "{a} GET /http://{b}.localhost/",
  ),
  served("dot segments are left to the app", get("{a}.localhost", "/../b/%2e%2e/"), "{a} GET /../b/%2e%2e/"),
  served("a path that Express has to parse", get("{x}.localhost", "//?q=%"), "{x} GET //?q=%"),
  served(
    "an absolute target that Express has to parse",
    get("{x}.localhost", "http://{x}.localhost?q"),
    "{x} GET http://{x}.localhost?q",
  ),
  served("8,000 characters", get("{a}.localhost", `/${"p".repeat(8_000)}`), `{a} GET /${"p".repeat(8_000)}`),
  bad("a NUL", "/a\0b"),
  bad("a space", "/a b"),
  bad("a DEL", "/a\x7fb"),
  bad("an escape character", "/a\x1bb"),
];
