import type { ConnectionInfo } from "./connection.ts";
import type { Json } from "./messages.ts";

/** The content of connect_reply: the ports of the five sockets. The message is deprecated, but old clients send it. */
export function connectReply(info: ConnectionInfo): Json {
  const { shell_port, iopub_port, stdin_port, control_port, hb_port } = info;
  return { status: "ok", shell_port, iopub_port, stdin_port, control_port, hb_port };
}
