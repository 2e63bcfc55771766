import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { COMMANDS } from "../../src/cli/command-table.ts";
import { EXIT_MEANINGS } from "../../src/cli/exit-codes.ts";
import { HELP } from "../../src/cli/main-help.ts";
import { resolveServerPool, SERVER_POOL_OPTIONS } from "../../src/pool/settings.ts";
import { resolveSwitchboard, SWITCHBOARD_OPTIONS } from "../../src/switchboard/settings.ts";
import { answersInTable, answersOf } from "./answers.ts";
import { readEntryPoints, readFrom } from "./api.ts";
import { findGaps } from "./completeness.ts";
import { generate } from "./generate.ts";
import { splitAdvice } from "./tables.ts";

const ROOT = join(import.meta.dirname, "../..");
const read = readFrom(ROOT);
/** What people read: the README, and the page of each room. */
const PAGES = ["README.md", "test/bench/README.md", ...roomPages()].map((file) => ({ file, text: read(file) ?? "" }));
const entryPoints = readEntryPoints(read);
const exported = entryPoints.flatMap(({ exports }) => exports);

/** The members of an exported interface or union. */
function membersOf(name: string) {
  return exported.find((declaration) => declaration.name === name)?.members ?? [];
}

function roomPages(): string[] {
  const files = readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" });
  return files.filter((file) => basename(file) === "README.md").map((file) => join("src", file));
}

/** The text of a page below a heading, up to the next one of its level. */
function section(file: string, heading: string): string {
  const { text = "" } = PAGES.find((page) => page.file === file) ?? {};
  return text.split(`\n## ${heading}\n`)[1]?.split("\n## ")[0] ?? "";
}

function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\w -]/g, "")
      .replaceAll(" ", "-"),
  );
}

describe("the reference", () => {
  it("finds the entry points and what they export", () => {
    expect(entryPoints[0]?.name).toBe("effection-switchboard");
    expect(entryPoints[0]?.exports.length).toBeGreaterThan(25);
  });

  it("has a doc comment with Lifetime and Failure for every export, and one for every member and option", () => {
    expect(findGaps(entryPoints)).toEqual([]);
  });

  it.each([...generate(read)])("is in %s as it was generated: if this fails, run `npm run docs`", (file, text) => {
    expect(read(file)).toBe(text);
  });

  it("has an anchor for each of its links", () => {
    const text = read("src/README.md") ?? "";
    const anchors = [...text.matchAll(/^#+ `?([^`\n]+)`?$/gm)].map(([, heading = ""]) => heading.toLowerCase());
    expect(new Set(anchors).size).toBe(anchors.length);
    const targets = [...text.matchAll(/\]\(#([^)]+)\)/g)].map(([, target]) => target);
    expect(targets.filter((target) => !anchors.includes(target ?? ""))).toEqual([]);
  });
});

describe("the README and the pages of the rooms", () => {
  it("link to files and headings that exist", () => {
    const dead = PAGES.flatMap(({ file, text }) =>
      [...text.matchAll(/\]\(((?!https?:)[^)\s]+)\)/g)]
        .map(([, link = ""]) => link)
        .filter((link) => {
          const [path = "", heading] = link.split("#");
          const target = path === "" ? text : read(join(dirname(file), path));
          return target === undefined || (heading !== undefined && !anchorsOf(target).includes(heading));
        })
        .map((link) => `${file} -> ${link}`),
    );
    expect(dead).toEqual([]);
  });

  it("are reached from the README", () => {
    const { text = "" } = PAGES[0] ?? {};
    expect(PAGES.slice(1).filter(({ file }) => !text.includes(`](${file}`))).toEqual([]);
  });

  it("lists every option that the code knows, with the default that it takes", () => {
    const pool = [...membersOf("ServerPoolConfig"), ...membersOf("ReplicaConfig")];
    const switchboard = [...membersOf("SwitchboardConfig"), ...membersOf("DeliveryConfig")];
    expect(pool.map(({ name }) => name)).toEqual(SERVER_POOL_OPTIONS);
    expect(switchboard.map(({ name }) => name)).toEqual(SWITCHBOARD_OPTIONS);
    const { byHostname, ...own } = resolveServerPool({});
    const { restart, ...each } = byHostname.of("shop");
    const taken = {
      ...restart.backoff,
      ...restart,
      ...each,
      ...each.replicas,
      ...own,
      ...resolveSwitchboard({ port: 0 }),
      ...resolveSwitchboard({ port: 0, concurrency: { max: 1 } }).delivery?.of("shop"),
      graceMs: each.graceMs,
    };
    const parts = [...membersOf("RestartConfig"), ...membersOf("BackoffConfig")];
    const documented = [...pool, ...parts, ...switchboard].flatMap(({ name, doc }) => {
      const isValue = /^"[^"]*"$|^\d|^Infinity$/.test(doc?.default ?? "");
      return isValue ? [[name, doc?.default?.replaceAll('"', "")]] : [];
    });
    expect(documented.length).toBeGreaterThan(16);
    expect(documented).toEqual(documented.map(([name]) => [name, String(taken[name as keyof typeof taken])]));
  });

  it("lists the options of the command as its help does", () => {
    const inHelp = [...HELP.matchAll(/^ {2}(--[a-z-]+)(?:, -[a-z])?(?: [A-Z]+)? .*?(?:\(default:? (.*)\))?$/gm)];
    const inTable = [...section("src/cli/README.md", "Serve").matchAll(/^\| `(--.*?)` +\|.*\| *(.*?) *\|$/gm)].flatMap(
      ([, options = "", value]) =>
        options.split("`, `").map((option) => [option.replace(/ [A-Z]+$/, ""), value] as const),
    );
    const clean = (value = "") => value.replaceAll('"', "");
    expect(inTable.map(([option, value]) => `${option} ${clean(value)}`).sort()).toEqual(
      inHelp.map(([, option, value]) => `${option} ${clean(value)}`).sort(),
    );
  });

  it("lists the commands and the exit codes as the help does", () => {
    const rows = [...section("src/cli/README.md", "Look and steer").matchAll(/^\| (`[a-z].*?) \|/gm)].map(
      ([, row = ""]) => row,
    );
    const listed = rows
      .flatMap((row) => row.split("`, `"))
      .map((command) => command.replace(/^`/, "").split(/[ `]/)[0]);
    const known = COMMANDS.map(({ name }) => name).filter((name) => name !== "serve");
    expect([...new Set(listed)].sort()).toEqual(known.sort());
    const codes = [...section("src/cli/README.md", "Exit codes").matchAll(/^\| (\d[\d, ]*) \|/gm)].map(
      ([, code]) => code,
    );
    expect(codes).toEqual(EXIT_MEANINGS.map(([code]) => code));
  });

  it("says of each code what it means, and the way out", () => {
    const codes = membersOf("SwitchboardErrorCode");
    expect(codes.length).toBeGreaterThan(10);
    expect(codes.filter(({ doc }) => splitAdvice(doc?.text ?? "").includes("")).map(({ name }) => name)).toEqual([]);
  });

  it("lists every answer that the sources can send, and no other", () => {
    const sent = ["src/switchboard", "src/server"].flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
        .filter((file) => file.endsWith(".ts"))
        .flatMap((file) => answersOf(file, readFileSync(join(ROOT, folder, file), "utf8"))),
    );
    expect(answersInTable(section("src/switchboard/README.md", "What clients get")).sort()).toEqual(
      [...new Set(sent)].sort(),
    );
  });

  it("shows every room of the house", () => {
    const tree = /^src\/\n.*?^```$/ms.exec(section("README.md", "The house"))?.[0];
    const rooms = readdirSync(join(ROOT, "src"), { withFileTypes: true })
      .filter((entry) => entry.isDirectory() || entry.name.endsWith(".ts"))
      .map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name));
    expect(rooms.filter((room) => !tree?.includes(` ${room}`))).toEqual([]);
  });

  it("says of each package why it is there", () => {
    const { dependencies, peerDependencies } = JSON.parse(read("package.json") ?? "{}");
    const needed = Object.keys({ ...dependencies, ...peerDependencies });
    const rows = [
      ...section("README.md", "What it stands on").matchAll(/^\| (\S+)(?: \(yours.*?\))? \| (?!why|---)/gm),
    ];
    expect(rows.map(([, name]) => name).sort()).toEqual(needed.sort());
  });
});
