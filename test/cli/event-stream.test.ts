import { describe, expect, it } from "vitest";
import { readEvents, type StreamEvent } from "../../src/cli/client/event-stream.ts";

async function* inParts(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function read(text: string, size: number): Promise<StreamEvent[]> {
  const events: StreamEvent[] = [];
  for await (const event of readEvents(inParts(text, size))) events.push(event);
  return events;
}

describe("readEvents", () => {
  const text =
    ': hello\n\nid: 7\nevent: request\ndata: {"a":"世"}\n\ndata:one\ndata: two\r\n\r\nevent: lost\n\ndata: cut';

  it.each([1, 2, 3, 7, 1_000])("reads events whole that come in parts of %i bytes", async (size) => {
    expect(await read(text, size)).toEqual([
      { event: "request", data: '{"a":"世"}' },
      { event: "message", data: "one\ntwo" },
    ]);
  });

  it("refuses an event that does not end", async () => {
    await expect(read("x".repeat(5 * 1024 * 1024), 65_536)).rejects.toThrow("has no end");
  });
});
