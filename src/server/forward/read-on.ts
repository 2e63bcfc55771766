import type { Socket } from "node:net";

/**
 * Makes a socket whose other side has closed be read to its end. A server that answers before it has read the request,
 * and closes, makes the next write fail: Node would destroy the socket, and the answer with it, which lies unread.
 *
 * Returns how to undo it.
 */
export function readOn(socket: Socket): () => void {
  const undo = () => void Reflect.deleteProperty(socket, "destroy");
  socket.destroy = (error?: NodeJS.ErrnoException) => {
    undo(); // once is enough: nothing can be written any more
    if (!isRefusedWrite(error)) return socket.destroy(error);
    // Node marks both sides, and what is marked reads nothing. There is no public way to take the mark off.
    const { _readableState: state } = socket as unknown as { _readableState: { errored: Error | null } };
    state.errored = null;
    return socket;
  };
  return undo;
}

function isRefusedWrite(error: NodeJS.ErrnoException | undefined): boolean {
  return error?.syscall?.startsWith("write") === true && (error.code === "EPIPE" || error.code === "ECONNRESET");
}
