export { SwitchboardError, type SwitchboardErrorCode, type SwitchboardErrorFacts } from "./base/errors.ts";
export type { ControlConfig, ControlJwtConfig } from "./control/config.ts";
export type { ServerEvent, StopReason } from "./pool/events.ts";
export type { HostnameConfig } from "./pool/hostname-config.ts";
export type { ServerPoolInspection } from "./pool/inspection.ts";
export type { BackoffConfig, RestartConfig } from "./pool/restart-config.ts";
export type { EntryState, ServerInfo } from "./pool/server-info.ts";
export { useServerPool } from "./pool/server-pool.ts";
export { type ServerPool, ServerPoolContext } from "./pool/server-pool-contract.ts";
export type { ServerPoolConfig } from "./pool/settings.ts";
export type { Failure } from "./pool/supervision.ts";
export type { App, AppContext, AppFactory, AppResult, ExpressApp } from "./server/app.ts";
export { type CommandAppConfig, commandApp } from "./server/command/command-app.ts";
export type { Readiness } from "./server/command/command-config.ts";
export {
  type ExpressServer,
  type ExpressServerConfig,
  useExpressServer,
  useExpressServerDaemon,
} from "./server/express-server.ts";
export type { ForwardPhase } from "./server/forward/forward-failure.ts";
export { remoteApp } from "./server/forward/remote-app.ts";
export type { LogLine, LogStream } from "./server/log-ring.ts";
export { OutsideApp } from "./server/outside-app.ts";
export type { HealthStatus } from "./server/replicas/health-status.ts";
export type {
  Balance,
  HealthConfig,
  OutlierConfig,
  ReplicaConfig,
  StickyBalance,
} from "./server/replicas/replica-config.ts";
export type { ReplicaInspection, ReplicaState } from "./server/replicas/replica-inspection.ts";
export { type RequestOperation, useRequestHandlers } from "./server/request-handlers.ts";
export type { ServerKind } from "./server/server.ts";
export { type ThreadAppConfig, threadApp } from "./server/thread/thread-app.ts";
export type { AppConfig, CommandConfig, ModuleConfig, RemoteConfig } from "./start/app-config.ts";
export type { ChangedEvent } from "./start/app-watch.ts";
export type { AppsConfig } from "./start/apps.ts";
export { defineSwitchboard } from "./start/define.ts";
export type { ShutdownReport } from "./start/shutdown.ts";
export {
  createSwitchboard,
  type RunConfig,
  type RunEvent,
  type RunningBoard,
  type RunningSwitchboard,
  useRunningSwitchboard,
} from "./start.ts";
export type { CircuitConfig, ConcurrencyConfig, DeliveryConfig } from "./switchboard/delivery-config.ts";
export { type Fault, FaultContext, useFault } from "./switchboard/fault.ts";
export type { RateLimitConfig } from "./switchboard/rate-limit.ts";
export type { SwitchboardConfig, SwitchboardEvent } from "./switchboard/settings.ts";
export { type SwitchboardHandle, useSwitchboard } from "./switchboard/switchboard.ts";
