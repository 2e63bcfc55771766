import { describe, expect, it } from "vitest";
import { toSpan, toTime } from "../../src/base/duration.ts";
import { EVENT_COLUMNS } from "../../src/cli/commands/rows.ts";
import { displayWidth, fitWidth } from "../../src/cli/terminal/display-width.ts";
import { formatFields } from "../../src/cli/terminal/fields.ts";
import { printable, printableLines, printableLog, toJsonLine } from "../../src/cli/terminal/printable.ts";
import { type Column, formatTable } from "../../src/cli/terminal/table.ts";

describe("printable", () => {
  it("lets nothing through that a terminal might obey", () => {
    const all = Array.from({ length: 0x3000 }, (_, code) => String.fromCharCode(code)).join("");
    for (const text of [printable(all), toJsonLine({ all }).trimEnd()]) {
      expect(text).not.toMatch(/\p{Cc}|[\u200e\u200f\u2028-\u202e\u2066-\u2069]/u);
    }
    expect(printable("\u001b]0;owned\u0007\u009b31m\u202etxt")).toBe("\\u001b]0;owned\\u0007\\u009b31m\\u202etxt");
    expect(printable("\ud800")).toBe("\\ud800");
    expect(printable("héllo 世界 👍")).toBe("héllo 世界 👍");
  });

  it("keeps the value of JSON", () => {
    const value = { text: "a\u009b\u202e\u2028\u001b\n\ud800\u{1f600}" };
    expect(JSON.parse(toJsonLine(value))).toEqual(value);
  });

  it("drops the colours of a log, and shows the rest of what it may not do", () => {
    expect(printableLog("\u001b[31mred\u001b[0m\tafter\rover")).toBe("red\tafter\\u000dover");
    expect(printableLog("one\ntwo")).toBe("one\\u000atwo");
    expect(printableLines("one\n\u001b[2Jtwo\u0008")).toBe("one\ntwo\\u0008");
  });
});

describe("the width of text", () => {
  it.each([
    ["shop", 4],
    ["世界", 4],
    ["👩‍👩‍👧 x", 4],
    ["e\u0301", 1],
    ["ｆｕｌｌ", 8],
  ])("of %s is %i columns", (text, width) => {
    expect(displayWidth(text)).toBe(width);
  });

  it("is kept to, in whole characters", () => {
    expect(fitWidth("shop", 4)).toBe("shop");
    expect(fitWidth("shopping", 4)).toBe("sho…");
    expect(fitWidth("世界世界", 4)).toBe("世…");
    expect(fitWidth("abc", 0)).toBe("");
  });
});

describe("fields", () => {
  it("stand below each other, and break between words where the terminal ends", () => {
    const fields = [
      ["why", "no database at db:5432, which is down"],
      ["output", "one\n  two three four five six\n/a/path/that/is/much/too/long"],
    ] as const;
    expect(formatFields(fields, 8)).toBe(
      "why     no database at db:5432, which is down\noutput  one\n          two three four five six\n        /a/path/that/is/much/too/long\n",
    );
    expect(formatFields(fields, 8, 30)).toBe(
      "why     no database at\n        db:5432, which is down\noutput  one\n          two three four five\n          six\n        /a/path/that/is/much/too/long\n",
    );
  });
});

describe("a table", () => {
  it("of what comes row by row has its titles above its rows", () => {
    const event = { seq: 1, time: "2026-01-31T12:00:00.000Z", type: "started", hostname: "shop", text: "shop runs." };
    const [titles = "", row = ""] = [
      formatTable(EVENT_COLUMNS, []),
      formatTable(EVENT_COLUMNS, [event], { header: false }),
    ];
    expect([titles.indexOf("TYPE"), titles.indexOf("NAME")]).toEqual([row.indexOf("started"), row.indexOf("shop")]);
  });

  interface Row {
    name: string;
    port: number | null;
    path: string;
  }
  const columns: Column<Row>[] = [
    { title: "NAME", of: ({ name }) => name, least: 6, style: () => "red" },
    { title: "PORT", of: ({ port }) => port, right: true, optional: 1 },
    { title: "PATH", of: ({ path }) => path, least: 8 },
  ];
  const rows = [
    { name: "shop", port: 3001, path: "/\u001b[31m" },
    { name: "世界", port: null, path: "/a/rather/long/path/that/goes/on" },
  ];

  it("is whole where there is no terminal", () => {
    expect(formatTable(columns, rows)).toBe(
      "NAME  PORT  PATH\n" + "shop  3001  /\\u001b[31m\n" + "世界     -  /a/rather/long/path/that/goes/on\n",
    );
  });

  it.each([60, 30, 24, 20, 16])("fits a terminal of %i columns", (width) => {
    const lines = formatTable(columns, rows, { width }).trimEnd().split("\n");
    expect(lines).toHaveLength(3);
    for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(width);
  });

  it("leaves out what can be spared before it cuts too much", () => {
    expect(formatTable(columns, rows, { width: 17 })).toBe(
      "NAME  PATH\nshop  /\\u001b[31m\n世界  /a/rather/…\n".replace("/\\u001b[31m", "/\\u001b[31m"),
    );
  });

  it("has further lines below a row, with nothing that a terminal might obey", () => {
    const output: Column<Row> = {
      title: "NAME",
      of: ({ name }) => name,
      below: () => "Its last output:\n  \u001b[31mnpm\u0008",
    };
    expect(formatTable([output], rows.slice(0, 1))).toBe("NAME\nshop\n    Its last output:\n      npm\\u0008\n");
    expect(formatTable([output], rows.slice(0, 1), { width: 12 })).toBe("NAME\nshop\n    Its las…\n      npm\\u…\n");
  });

  it("paints cells, not titles, where there are colours; without a header it goes on with what was there", () => {
    expect(formatTable(columns, rows.slice(0, 1), { colours: true })).toBe(
      "NAME  PORT  PATH\n\u001b[31mshop\u001b[39m  3001  /\\u001b[31m\n",
    );
    expect(formatTable([{ ...columns[0], typical: 8 } as Column<Row>], rows.slice(0, 1), { header: false })).toBe(
      "shop\n",
    );
  });
});

describe("words", () => {
  it("say durations", () => {
    expect([0, 999, 61_000, 3_600_000, 90_000_000, 7_205_000].map(toSpan)).toEqual([
      "0s",
      "0s",
      "1m 1s",
      "1h",
      "1d 1h",
      "2h",
    ]);
    expect([0.2, 999, 1_240, 163_409].map(toTime)).toEqual(["1 ms", "999 ms", "1.2 s", "2m 43s"]);
  });
});
