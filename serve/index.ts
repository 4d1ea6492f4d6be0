export type { RunningServe, ServeOptions } from "./serveOptions.ts";
export { startServe } from "./startServe.ts";
