export { SwitchboardError, type SwitchboardErrorCode, type SwitchboardErrorFacts } from "./base/errors.ts";
export type { ServerEvent, StopReason } from "./pool/events.ts";
export type { HostnameConfig } from "./pool/hostname-config.ts";
export type { ServerPoolInspection } from "./pool/inspection.ts";
export type { BackoffConfig, RestartConfig } from "./pool/restart-config.ts";
export type { EntryState, ServerInfo } from "./pool/server-info.ts";
export { type ServerPool, ServerPoolContext, useServerPool } from "./pool/server-pool.ts";
export type { ServerPoolConfig } from "./pool/settings.ts";
export type { App, AppContext, AppFactory, AppResult, ExpressApp } from "./server/app.ts";
export {
  type ExpressServer,
  type ExpressServerConfig,
  useExpressServer,
  useExpressServerDaemon,
} from "./server/express-server.ts";
export { type RequestOperation, useRequestHandlers } from "./server/request-handlers.ts";
export {
  createSwitchboard,
  type RunConfig,
  type RunEvent,
  type RunningBoard,
  type RunningSwitchboard,
  type ShutdownReport,
  useRunningSwitchboard,
} from "./start.ts";
export type { CircuitConfig, ConcurrencyConfig, DeliveryConfig } from "./switchboard/delivery-config.ts";
export { type Fault, FaultContext, useFault } from "./switchboard/fault.ts";
export type { RateLimitConfig } from "./switchboard/rate-limit.ts";
export type { SwitchboardConfig, SwitchboardEvent } from "./switchboard/settings.ts";
export { type SwitchboardHandle, useSwitchboard } from "./switchboard/switchboard.ts";
