import type { RunningServer, ServerOptions } from "./serverOptions.ts";

export type { RunningServer, ServerOptions } from "./serverOptions.ts";
export declare function startServer(options: ServerOptions): Promise<RunningServer>;
