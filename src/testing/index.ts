export { createEventLog, type EventLog, type LoggedEvent } from "./event-log.ts";
export { expectNoLeaks, type LeakOptions } from "./leaks/expect-no-leaks.ts";
export type { WaitOptions } from "./supply.ts";
export { type SwitchboardFixtures, switchboardTest } from "./switchboard-test.ts";
export { openWebSocket, type SocketClose, type TestWebSocket, type WebSocketOptions } from "./web-socket.ts";
