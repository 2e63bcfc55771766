import { expect } from "vitest";
import { type Case, get, head, refused, served } from "./case.ts";

const LOOPBACK = [
  "localhost",
  "LocalHost",
  "localhost.",
  "localhost:8000",
  "127.0.0.1",
  "127.0.0.1:1",
  "[::1]",
  "[::1]:8000",
];
const HEALTH = "/__switchboard/health";
const SERVERS = "/__switchboard/servers";

/** Answered by the switchboard itself. */
const own = (name: string, send: string, answer: Case["answers"][0] = [200, '"status":"ok"']): Case =>
  served(name, send, [], { answers: [answer] });

const appName = (name: string, value: string): Case => refused(name, get("localhost", "/", `X-App-Name: ${value}`));

export const routingCases: Case[] = [
  ...LOOPBACK.map((host) => served(`${host} is the default hostname`, get(host, "/default"), "default GET /default")),
  served("127.1 is no loopback name", get("127.1"), "127.1 GET /"),
  served("HTTP/1.0 to a loopback name", head("GET / HTTP/1.0", "Host: 127.0.0.1"), "default GET /", { end: "closed" }),

  served("X-App-Name on localhost", get("localhost", "/", "X-App-Name: {a}"), "{a} GET /"),
  served("X-App-Name on 127.0.0.1", get("127.0.0.1:8000", "/", "x-app-name: {a}"), "{a} GET /"),
  served("X-App-Name on [::1]", get("[::1]", "/", "X-APP-NAME: {a}"), "{a} GET /"),
  served("X-App-Name in upper case", get("localhost", "/", "X-App-Name: {A}"), "{a} GET /"),
  served("X-App-Name with a trailing dot", get("localhost", "/", "X-App-Name: {a}."), "{a} GET /"),
  served("X-App-Name before Host", head("GET / HTTP/1.1", "X-App-Name: {a}", "Host: localhost"), "{a} GET /"),
  served("X-App-Name elsewhere is ignored", get("{a}.localhost", "/", "X-App-Name: {b}"), "{a} GET /"),
  served("an invalid X-App-Name elsewhere is ignored", get("{a}.localhost", "/", "X-App-Name: b/c"), "{a} GET /"),
  refused("X-App-Name cannot save an invalid Host", get("local host", "/", "X-App-Name: {a}")),
  refused("X-App-Name cannot save a missing Host", head("GET / HTTP/1.1", "X-App-Name: {a}")),
  appName("an empty X-App-Name", ""),
  appName("a path in X-App-Name", "{a}/b"),
  appName("a port in X-App-Name", "{a}:80"),
  appName("a list in X-App-Name", "{a}, {b}"),
  appName("dots alone in X-App-Name", ".."),
  appName("an address in X-App-Name", "[::1]"),
  appName("64 characters in X-App-Name", "l".repeat(64)),
  refused("X-App-Name twice", get("localhost", "/", "X-App-Name: {a}", "X-App-Name: {b}")),
  refused("X-App-Name twice, the same", get("localhost", "/", "X-App-Name: {a}", "X-App-Name: {a}")),

  own("health on switchboard.localhost", get("switchboard.localhost", HEALTH)),
  own("health on localhost", get("localhost", HEALTH)),
  own("health on any name starts nothing", get("{a}.localhost", HEALTH)),
  own("health with a query", get("{a}.localhost", `${HEALTH}?verbose`)),
  own("health with X-App-Name starts nothing", get("localhost", HEALTH, "X-App-Name: {a}")),
  own("health by an absolute target", get("{b}.localhost", `http://{a}.localhost${HEALTH}`)),
  refused("health with an invalid Host", get("a b", HEALTH)),
  refused("health without Host", head(`GET ${HEALTH} HTTP/1.1`)),
  own("servers on switchboard.localhost", get("switchboard.localhost", SERVERS), [200, '"servers":[']),
  own("servers on SWITCHBOARD.localhost.:1", get("SWITCHBOARD.localhost.:1", SERVERS), [200, '"servers":[']),
  own("servers on localhost", get("localhost", SERVERS), [200, '"servers":[']),
  own("servers on 127.0.0.1", get("127.0.0.1:8000", SERVERS), [200, '"servers":[']),
  own("servers on [::1]", get("[::1]", SERVERS), [200, '"servers":[']),
  own("another reserved path on localhost", get("localhost", "/__switchboard/other"), [404, "NOT_FOUND"]),
  own("any path on switchboard.localhost", get("switchboard.localhost", "/nothing"), [404, "NOT_FOUND"]),
  own("the dashboard on switchboard.localhost", get("switchboard.localhost", "/"), [200, "Switchboard"]),
  own("a target without a path on switchboard.localhost", get("localhost", "http://switchboard.localhost"), [
    200,
    "Switchboard",
  ]),
  own("POST to health", head(`POST ${HEALTH} HTTP/1.1`, "Host: localhost", "Content-Length: 0"), [405, ""]),
  served("servers elsewhere belongs to the app", get("{a}.localhost", SERVERS), `{a} GET ${SERVERS}`),
  served("servers elsewhere by an absolute target", get("localhost", `http://{a}.localhost${SERVERS}`), [
    `{a} GET http://{a}.localhost${SERVERS}`,
  ]),
  served("a reserved path in the query", get("{a}.localhost", `/?${HEALTH}`), `{a} GET /?${HEALTH}`),
  served("a reserved path below another one", get("{a}.localhost", `/b${HEALTH}`), `{a} GET /b${HEALTH}`),
  served("a reserved path with an encoded letter", get("{a}.localhost", "/__switchboard/%68ealth"), [
    "{a} GET /__switchboard/%68ealth",
  ]),
  served("switchboard below another name", get("switchboard.{a}.localhost"), "switchboard.{a} GET /"),
  served("a plain switchboard is a hostname", get("switchboard"), "switchboard GET /"),
  refused("a refusal is a problem that says why", get("a b"), 400, {
    answers: [[400, '"code":"BAD_REQUEST"']],
    check: (_, [answer]) => expect(answer?.fields).toContainEqual(["content-type", "application/problem+json"]),
  }),
];
