export { createEventLog, type EventLog, type LoggedEvent } from "./event-log.ts";
export { expectNoLeaks, type LeakOptions } from "./leaks/expect-no-leaks.ts";
export type { WaitOptions } from "./supply.ts";
export { type SwitchboardFixtures, switchboardTest } from "./switchboard-test.ts";
export type { SocketClose, TestWebSocket, WebSocketOptions } from "./test-web-socket.ts";
export { openWebSocket } from "./web-socket.ts";
