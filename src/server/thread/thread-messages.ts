/** What a thread is told when it is made. */
export interface ThreadData {
  file: string;
  hostname: string;
}

/** What a thread says, once: it listens on 127.0.0.1. */
export interface ReadyMessage {
  port: number;
}

/** What a thread is told to make it end: how long what is in flight may take to finish. */
export interface StopMessage {
  graceMs: number;
}
