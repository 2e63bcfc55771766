import { describe, expect, it } from "vitest";
import { type LogLine, LogRing } from "../../src/server/log-ring.ts";

function texts(log: LogRing): string[] {
  return log.lines().map(({ text }) => text);
}

describe("LogRing", () => {
  it("keeps lines with the stream they came from, in the order in which they came", () => {
    const log = new LogRing();
    log.write("stdout", Buffer.from("one\ntwo\n"));
    log.write("stderr", Buffer.from("three\r\n"));
    log.write("stdout", Buffer.from("\n"));
    expect(log.lines()).toEqual([
      { seq: 1, stream: "stdout", text: "one", complete: true },
      { seq: 2, stream: "stdout", text: "two", complete: true },
      { seq: 3, stream: "stderr", text: "three", complete: true },
      { seq: 4, stream: "stdout", text: "", complete: true },
    ]);
    expect(log.tail(2).map(({ text }) => text)).toEqual(["three", ""]);
  });

  it("puts together lines that come in parts, each stream for itself, and shows what has come", () => {
    const log = new LogRing();
    log.write("stdout", Buffer.from("lis"));
    log.write("stderr", Buffer.from("warn"));
    log.write("stdout", Buffer.from("tening\nnext"));
    expect(log.lines()).toEqual([
      { seq: 1, stream: "stdout", text: "listening", complete: true },
      { seq: 3, stream: "stdout", text: "next", complete: false },
      { seq: 2, stream: "stderr", text: "warn", complete: false },
    ]);
    log.write("stderr", Buffer.from("ing\n"));
    expect(texts(log)).toEqual(["listening", "warning", "next"]);
  });

  it("reads characters that are split at any byte, and shows none of which a part is missing", () => {
    const line = "größer 🚀 日本";
    const bytes = Buffer.from(`${line}\n`);
    for (let at = 0; at <= bytes.length; at += 1) {
      const log = new LogRing();
      log.write("stdout", bytes.subarray(0, at));
      for (const text of texts(log)) expect(line.startsWith(text)).toBe(true);
      log.write("stdout", bytes.subarray(at));
      expect(texts(log)).toEqual([line]);
    }
  });

  it("keeps the last 1,000 lines, however they come", () => {
    const all = Array.from({ length: 5_003 }, (_, i) => `line ${i}`);
    const bytes = Buffer.from(`${all.join("\n")}\nopen`);
    for (const size of [7, 100, 4_096, 20_000, bytes.length]) {
      const log = new LogRing();
      for (let at = 0; at < bytes.length; at += size) log.write("stdout", bytes.subarray(at, at + size));
      expect(texts(log)).toEqual([...all.slice(-999), "open"]);
    }
  });

  it("cuts a line that is too long, whether its end comes or not, and never in the middle of a character", () => {
    const log = new LogRing();
    for (let i = 0; i < 100; i += 1) log.write("stdout", Buffer.from("€".repeat(1_000)));
    expect(texts(log)).toEqual([`${"€".repeat(1_365)}…`]); // 3 bytes each, 4,096 in all
    log.write("stdout", Buffer.from("\nnext\n"));
    log.write("stdout", Buffer.from(`${"x".repeat(4_096)}\n${"y".repeat(9_999)}\n`));
    expect(texts(log)).toEqual([`${"€".repeat(1_365)}…`, "next", "x".repeat(4_096), `${"y".repeat(4_096)}…`]);
  });

  it("tells listeners of every line, also of those that are not kept, and of lines that grow", () => {
    const log = new LogRing();
    const heard: LogLine[] = [];
    const stop = log.listen((line) => heard.push(line));
    log.write("stdout", Buffer.from(`${"x\n".repeat(3_000)}open`));
    log.write("stdout", Buffer.from("ed"));
    expect(heard).toHaveLength(3_002);
    expect(heard.slice(-2).map(({ text, complete }) => ({ text, complete }))).toEqual([
      { text: "open", complete: false },
      { text: "opened", complete: false },
    ]);
    stop();
    log.write("stdout", Buffer.from("\n"));
    expect(heard).toHaveLength(3_002);
  });

  it("numbers lines as they begin: one that grows keeps its number, and no other line gets it", () => {
    const log = new LogRing(40);
    const heard: LogLine[] = [];
    log.listen((line) => heard.push(line));
    log.write("stdout", Buffer.from("a"));
    log.write("stderr", Buffer.from("err\n"));
    log.write("stdout", Buffer.from("b"));
    log.write("stdout", Buffer.from("c\nd"));
    expect(heard.map(({ seq, text }) => [seq, text])).toEqual([
      [41, "a"],
      [42, "err"],
      [41, "ab"],
      [41, "abc"],
      [43, "d"],
    ]);
    log.clear();
    log.add({ seq: 1, stream: "stdout", text: "of another ring", complete: true });
    log.write("stdout", Buffer.from("e\n"));
    expect(log.lines().map(({ seq, text }) => [seq, text])).toEqual([
      [44, "of another ring"],
      [45, "e"],
    ]);
    expect(log.last).toBe(45);
  });

  it("numbers lines upwards, also where many come at once that are not kept", () => {
    const log = new LogRing();
    log.write("stdout", Buffer.from("open"));
    log.write("stdout", Buffer.from("x\n".repeat(5_000)));
    log.write("stdout", Buffer.from("y\n".repeat(700)));
    const seqs = log.lines().map(({ seq }) => seq);
    expect(seqs).toEqual(seqs.toSorted((a, b) => a - b));
    expect(new Set(seqs).size).toBe(1_000);
  });
});
