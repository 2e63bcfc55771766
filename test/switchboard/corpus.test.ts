import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import express from "express";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { App, AppContext } from "../../src/server/app.ts";
import { createSwitchboard, type RunningSwitchboard } from "../../src/start.ts";
import { RawClient } from "../support/raw.ts";
import { bodyCases } from "./corpus/body.ts";
import type { Case, Seen, Step } from "./corpus/case.ts";
import { framingCases } from "./corpus/framing.ts";
import { headCases } from "./corpus/head.ts";
import { hostCases } from "./corpus/host.ts";
import { noiseCases } from "./corpus/noise.ts";
import { pipelineCases } from "./corpus/pipeline.ts";
import { routingCases } from "./corpus/routing.ts";
import { startLineCases } from "./corpus/start-line.ts";
import { targetCases } from "./corpus/target.ts";
import { upgradeCases } from "./corpus/upgrade.ts";

const THEMES: Record<string, Case[]> = {
  Host: hostCases,
  "loopback names, X-App-Name and reserved paths": routingCases,
  "request targets": targetCases,
  "start lines": startLineCases,
  "header fields": headCases,
  "body framing": framingCases,
  bodies: bodyCases,
  pipelining: pipelineCases,
  upgrades: upgradeCases,
  noise: noiseCases,
};

/** How long `/slow` and `/drip` take: long enough for everything in the same packet to be parsed before. */
const SLOW_MS = 40;
const PROBE = "GET /probe HTTP/1.1\r\nHost: probe.localhost\r\n\r\n";

let board: RunningSwitchboard;
const starts: string[] = [];
const expectedStarts = new Set(["probe"]);
const crashes: unknown[] = [];
const onCrash = (error: unknown) => void crashes.push(error);
const warnings: Error[] = [];
const onWarning = (warning: Error) => void warnings.push(warning);

/** What reached a server, with the connection that it came on. */
interface Entry extends Seen {
  clientPort: number;
  socket: Socket;
}
const entries: Entry[] = [];
const waiting = new Set<() => void>();

/** The next time that a request reaches any server. What waits for one that never comes fails by the test's timeout. */
function arrival(): Promise<void> {
  return new Promise((resolve) => waiting.add(resolve));
}

beforeAll(async () => {
  process.on("uncaughtException", onCrash).on("unhandledRejection", onCrash).on("warning", onWarning);
  board = await createSwitchboard({ app: makeApp, basePort: 0, maxServers: 1_000, graceMs: 3_000, observe: false });
});

afterAll(async () => {
  const report = await board.close();
  process.off("uncaughtException", onCrash).off("unhandledRejection", onCrash).off("warning", onWarning);
  expect(crashes).toEqual([]);
  expect(report).toMatchObject({ requestsCut: 0, socketsCut: 0 });
});

// Runs before the one above: whatever was sent, the board still serves, and has started nothing else.
afterAll(async () => {
  const client = await RawClient.connect(board.port);
  client.write("GET / HTTP/1.1\r\nHost: fresh.localhost\r\n\r\n");
  await client.until("a fresh hostname was served", () => client.answers().length === 1);
  client.leave("close");
  expect(client.answers()[0]?.body).toBe("fresh GET /");
  expect(crashes).toEqual([]);
  expect(warnings).toEqual([]);
  expect(starts.filter((hostname) => hostname !== "fresh" && !expectedStarts.has(hostname))).toEqual([]);
  expect(new Set(starts).size).toBe(starts.length);
});

let id = 0;
for (const [theme, cases] of Object.entries(THEMES)) {
  describe(`raw requests: ${theme}`, () => {
    for (const given of cases) {
      id += 1;
      const own = withNames(given, id);
      const names = new RegExp(`^[abcdwx]${id}$`);
      it.concurrent(own.name, () => runCase(own, names));
    }
  });
}

async function runCase(given: Case, names: RegExp): Promise<void> {
  const { send, answers, end, saw, check } = given;
  const wantedStarts = new Set([...saw.map((line) => line.split(" ", 1)[0] as string), ...(given.starts ?? [])]);
  for (const hostname of wantedStarts) expectedStarts.add(hostname);
  const since = entries.length; // an older connection may have had the same port
  const client = await RawClient.connect(board.port);
  const mine = () => entries.slice(since).filter((entry) => entry.clientPort === client.port && entry.url !== "/probe");
  try {
    for (const step of Array.isArray(send) ? send : [send]) await take(client, step, mine);
    if (end === "closed") await client.until("the server closed it", () => client.closed);
    if (end === "left") await whenAllClosed(mine());
    if (end === "open") {
      await client.until(`${answers.length} answers`, () => client.answers().length >= answers.length);
      client.write(PROBE);
      await client.until("another request was served", () => client.answers().length > answers.length);
    }
    if (end === "upgraded") {
      await client.until("the upgrade", () => client.answers().some(({ status }) => status === 101));
      client.write("last words");
      await client.until("the echo", () => client.rest().endsWith("last words"));
    }
    const got = client.answers();
    if (end === "open") expect(got.pop()).toMatchObject({ status: 200, body: "probe GET /probe" });
    expect(got.map(({ status }) => status)).toEqual(answers.map((answer) => [answer].flat()[0]));
    if (end !== "left") expect(client.rest()).toBe(`${given.echo ?? ""}${end === "upgraded" ? "last words" : ""}`);
    answers.forEach((answer, i) => {
      if (typeof answer !== "number") expect(got[i]?.body).toContain(answer[1]);
    });
    expect(mine().map(toLine)).toEqual(saw);
    expect(starts.filter((hostname) => names.test(hostname)).sort()).toEqual(
      [...wantedStarts].filter((hostname) => names.test(hostname)).sort(),
    );
    check?.(mine(), got);
  } finally {
    client.leave("close");
  }
}

async function take(client: RawClient, step: Step, mine: () => Entry[]): Promise<void> {
  if (step === "end") client.end();
  else if (step === "close" || step === "reset") client.leave(step);
  else if (typeof step === "string" || Buffer.isBuffer(step)) {
    // Another turn of the event loop: this is another packet than the one before.
    await new Promise((resolve) => setImmediate(resolve));
    client.write(step);
  } else if ("bytes" in step) {
    for (const byte of step.bytes) await take(client, byte, mine);
  } else if ("answers" in step) {
    await client.until(`${step.answers} answers`, () => client.answers().length >= step.answers);
  } else {
    while (mine().length < step.seen) await arrival();
  }
}

/** Each request's connection is one and the same, so this is when the switchboard knows that the client has left. */
async function whenAllClosed(seen: Entry[]): Promise<void> {
  await Promise.all(
    seen.map(({ socket }) => socket.destroyed || new Promise((resolve) => socket.on("close", () => resolve(true)))),
  );
}

function toLine({ hostname, method, url, body }: Seen): string {
  return `${hostname} ${method} ${url}${body === "" ? "" : ` <${body}>`}`;
}

/** Gives a case its own hostnames. */
function withNames(given: Case, id: number): Case {
  const name = (text: string): string => text.replace(/\{([a-dwx])\}/gi, `$1${id}`);
  const nameStep = (step: Step): Step => {
    if (typeof step === "string") return name(step);
    return "bytes" in step ? { bytes: name(step.bytes) } : step;
  };
  const { send, saw, starts = [], answers } = given;
  return {
    ...given,
    send: Array.isArray(send) ? send.map(nameStep) : nameStep(send),
    saw: saw.map(name),
    starts: starts.map(name),
    answers: answers.map((answer) => (typeof answer === "number" ? answer : [answer[0], name(answer[1])])),
  };
}

function makeApp({ hostname, server }: AppContext): App {
  starts.push(hostname);
  const listener = (request: IncomingMessage, response: ServerResponse) => answer(hostname, request, response);
  if (hostname.startsWith("w")) server.on("upgrade", (request, socket, head) => echo(hostname, request, socket, head));
  return hostname.startsWith("x") ? express().use(listener) : listener;
}

function note(hostname: string, method: string, request: IncomingMessage): Entry {
  const { url = "", httpVersion, rawHeaders, socket } = request;
  const clientPort = socket.remotePort as number;
  const entry = { hostname, method, url, httpVersion, rawHeaders, rawTrailers: [], body: "", clientPort, socket };
  entries.push(entry);
  for (const resolve of waiting) resolve();
  waiting.clear();
  return entry;
}

function answer(hostname: string, request: IncomingMessage, response: ServerResponse): void {
  const { method = "", url = "" } = request;
  const entry = note(hostname, method, request);
  const text = `${hostname} ${method} ${url}`;
  if (url === "/early") response.end(text);
  request.on("error", () => {}); // the client left in the middle of its body
  request.on("data", (chunk: Buffer) => {
    entry.body += chunk.toString("latin1");
  });
  request.on("end", () => {
    entry.rawTrailers = request.rawTrailers;
    if (url === "/early") return;
    if (url === "/drip") response.write(text.slice(0, 2));
    const rest = url === "/drip" ? text.slice(2) : text;
    if (url === "/sized") response.setHeader("Content-Length", text.length);
    if (url === "/drip" || url === "/slow") setTimeout(() => response.end(rest), SLOW_MS);
    else response.end(rest);
  });
}

function echo(hostname: string, request: IncomingMessage, socket: Duplex, head: Buffer): void {
  note(hostname, "UPGRADE", request);
  socket.on("error", () => {});
  socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
  socket.write(head);
  socket.pipe(socket);
}
