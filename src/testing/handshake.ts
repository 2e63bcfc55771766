import type { IncomingHttpHeaders } from "node:http";
import type { Duplex } from "node:stream";
import type { Dispatcher } from "undici";
import { giveAway } from "../start/dialer.ts";

/** What became of an upgrade request. */
export interface Handshake {
  /** The connection, once it is upgraded. */
  connection: Duplex | undefined;
  /** Of an answer that is no upgrade; 0 while there is none. */
  status: number;
  body: string;
}

/** More than a problem response has, and little enough for a message. */
const ENOUGH = 600;

/**
 * Keeps what a WebSocket does not tell: its connection, or the status and body of a refusal. It gives up as soon as
 * it sees a status, so it is shown that when the body is here.
 */
export function keepHandshake(handshake: Handshake): Dispatcher.DispatcherComposeInterceptor {
  return (dispatch) => (options, handler) => {
    let show: (() => void) | undefined;
    const showOnce = () => {
      show?.();
      show = undefined;
    };
    return dispatch(options, {
      onRequestStart: (controller, context) => handler.onRequestStart?.(controller, context),
      onRequestUpgrade(controller, status, headers, connection) {
        handshake.connection = connection;
        giveAway(connection);
        handler.onRequestUpgrade?.(controller, status, headers, connection);
      },
      onResponseStart(controller, status: number, headers: IncomingHttpHeaders, text?: string) {
        handshake.status = status;
        show = () => handler.onResponseStart?.(controller, status, headers, text);
      },
      onResponseData(_controller, chunk) {
        handshake.body += chunk.toString().slice(0, ENOUGH - handshake.body.length);
        if (handshake.body.length === ENOUGH) showOnce();
      },
      onResponseEnd(controller, trailers) {
        showOnce();
        handler.onResponseEnd?.(controller, trailers);
      },
      onResponseError: (controller, error) => handler.onResponseError?.(controller, error),
    });
  };
}
