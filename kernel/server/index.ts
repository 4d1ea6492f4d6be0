export { removePassword, storePassword } from "./security/passwordFile.ts";
export type { ServerOptions } from "./serverOptions.ts";
export { startServer } from "./startServer.ts";
