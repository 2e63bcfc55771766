/**
 * Reads server-sent events. EventSource cannot send a token, and does not say when it tries again.
 *
 * @param {ReadableStream<Uint8Array>} body
 * @param {{ onEvent(type: string, data: string): void, onBytes(): void }} reader `onBytes` is told of every sign of life
 * @returns {Promise<void>} when the stream has ended
 */
export async function readEvents(body, { onEvent, onBytes }) {
  const decoder = new TextDecoder();
  const bytes = body.getReader();
  const message = new Message(onEvent);
  /** The parts of a line that has no end yet: a long one comes in many chunks. @type {string[]} */
  let open = [];
  for (let part = await bytes.read(); !part.done; part = await bytes.read()) {
    onBytes();
    const lines = decoder.decode(part.value, { stream: true }).split("\n");
    const last = /** @type {string} */ (lines.pop());
    for (const line of lines) {
      message.line(open.length === 0 ? line : open.join("") + line);
      open = [];
    }
    if (last !== "") open.push(last);
  }
}

/** A message that is being read, line by line; an empty line ends it. */
class Message {
  #type = "message";
  #data = "";
  #onEvent;

  /** @param {(type: string, data: string) => void} onEvent */
  constructor(onEvent) {
    this.#onEvent = onEvent;
  }

  /** @param {string} text */
  line(text) {
    if (text.startsWith("data:")) this.#data += text.slice(5).trimStart();
    else if (text.startsWith("event:")) this.#type = text.slice(6).trim();
    else if (text.trim() === "") this.#end();
  }

  #end() {
    if (this.#data !== "") this.#onEvent(this.#type, this.#data);
    this.#type = "message";
    this.#data = "";
  }
}
