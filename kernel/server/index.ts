export { ServerError } from "./serverError.ts";
export {
  type KernelSpec,
  type LogLevel,
  type RunningServer,
  type ServerLog,
  type ServerOptions,
  startServer,
} from "./startServer.ts";
