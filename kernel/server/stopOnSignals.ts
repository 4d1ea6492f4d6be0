import type { RunningServer, ServerLog } from "./serverOptions.ts";

const SIGNALS: readonly NodeJS.Signals[] =
  process.platform === "win32"
    ? ["SIGINT", "SIGBREAK", "SIGTERM"]
    : ["SIGINT", "SIGTERM", "SIGHUP"];

/**
 * Closes the server when the process is told to stop, and resolves once every kernel is gone. A second signal ends the
 * process at once; kernels are killed even then.
 */
export function stopOnSignals(server: RunningServer, log: ServerLog): Promise<NodeJS.Signals> {
  return new Promise((resolve, reject) => {
    let isStopping = false;
    const stop = (signal: NodeJS.Signals) => {
      if (isStopping) process.exit(1);
      isStopping = true;
      log("info", `${signal}: shutting the kernels down; once more ends them at once`);
      server.close().then(() => {
        for (const each of SIGNALS) process.off(each, stop);
        resolve(signal);
      }, reject);
    };
    for (const signal of SIGNALS) process.on(signal, stop);
  });
}
