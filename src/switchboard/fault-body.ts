import type { ServerResponse } from "node:http";

/** How often a slow body sends something, in milliseconds. */
const TICK_MS = 50;
/** A slow body asks the app to wait when it holds more than this. */
const HIGH_WATER = 64 * 1024;

type Chunk = string | Uint8Array;

/** Resets the connection when `afterBytes` of the body were sent, after it has told `cut`. A shorter body is not touched. */
export function cutBody(response: ServerResponse, afterBytes: number, cut: () => void): void {
  let left = afterBytes;
  let isCut = false;
  replaceBody(response, {
    write(bytes, send) {
      if (isCut) return false;
      isCut = bytes.length > left;
      if (!isCut) {
        left -= bytes.length;
        return send(bytes);
      }
      cut();
      if (left > 0) send(bytes.subarray(0, left));
      else response.flushHeaders();
      setImmediate(() => response.req.socket.destroy()); // when these bytes are on their way
      return false;
    },
    end(finish) {
      if (!isCut) finish();
    },
  });
}

/** Sends the body at `bytesPerSecond`, and has the app wait for it. */
export function slowBody(response: ServerResponse, bytesPerSecond: number): void {
  const share = Math.max(1, Math.round((bytesPerSecond * TICK_MS) / 1_000));
  const pauseMs = Math.max(TICK_MS, Math.round(1_000 / bytesPerSecond));
  let held: Buffer = Buffer.alloc(0);
  let timer: NodeJS.Timeout | undefined;
  let finish: (() => void) | undefined;
  const stop = () => {
    clearInterval(timer);
    timer = undefined;
  };
  response.on("close", stop);
  replaceBody(response, {
    write(bytes, send) {
      if (response.destroyed) return send(bytes); // the client has left: as without a fault
      if (!response.headersSent) response.flushHeaders(); // as without a fault: an answer that has begun cannot be replaced
      held = Buffer.concat([held, bytes]);
      timer ??= setInterval(() => {
        const wasFull = held.length > HIGH_WATER;
        send(held.subarray(0, share));
        held = held.subarray(share);
        if (wasFull && held.length <= HIGH_WATER) response.emit("drain");
        if (held.length > 0) return;
        stop();
        finish?.();
      }, pauseMs);
      return held.length <= HIGH_WATER;
    },
    end(done) {
      finish = done;
      if (timer === undefined) done();
    },
  });
}

/** What becomes of a body. */
interface Body {
  write(bytes: Buffer, send: (bytes: Buffer) => boolean): boolean;
  end(finish: () => void): void;
}

/** Own properties, because Express replaces the prototype of every response. */
function replaceBody(response: ServerResponse, body: Body): void {
  const { write, end } = response;
  const send = (bytes: Buffer) => Reflect.apply(write, response, [bytes]) as boolean;
  response.write = ((chunk: Chunk, ...rest: unknown[]) => {
    const [encoding] = rest;
    const bytes = typeof chunk === "string" ? Buffer.from(chunk, encoding as BufferEncoding) : Buffer.from(chunk);
    const more = body.write(bytes, send);
    const callback = rest.find((value) => typeof value === "function") as (() => void) | undefined;
    if (callback !== undefined) process.nextTick(callback);
    return more;
  }) as ServerResponse["write"];
  response.end = ((...args: unknown[]) => {
    const callback = args.find((value) => typeof value === "function");
    const [chunk, encoding] = args;
    if (typeof chunk === "string" || chunk instanceof Uint8Array) response.write(chunk as never, encoding as never);
    body.end(() => Reflect.apply(end, response, callback === undefined ? [] : [callback]));
    return response;
  }) as ServerResponse["end"];
}
