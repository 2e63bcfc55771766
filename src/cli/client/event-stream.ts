/** One event of a stream of them (Server-Sent Events, as in the HTML standard). */
export interface StreamEvent {
  /** What kind it is: `message` unless it says otherwise. */
  event: string;
  data: string;
}

/** More than this in one event is no event of a switchboard. */
const LONGEST = 4 * 1024 * 1024;

/** The events of a body, as they come. A comment is none. Ends with the body; an event that was cut off by it is left out. */
export async function* readEvents(body: AsyncIterable<Uint8Array>): AsyncGenerator<StreamEvent> {
  const decoder = new TextDecoder();
  let rest = "";
  let fields: Partial<StreamEvent> = {};
  for await (const chunk of body) {
    rest += decoder.decode(chunk, { stream: true });
    const lines = rest.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() as string;
    for (const line of lines) {
      if (line === "") {
        if (fields.data !== undefined) yield { event: fields.event ?? "message", data: fields.data };
        fields = {};
      } else addField(fields, line);
    }
    if (rest.length + (fields.data?.length ?? 0) > LONGEST) throw new Error("an event of the stream has no end");
  }
}

function addField(fields: Partial<StreamEvent>, line: string): void {
  const [, name, value = ""] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
  if (name === "event") fields.event = value;
  if (name === "data") fields.data = fields.data === undefined ? value : `${fields.data}\n${value}`;
}
