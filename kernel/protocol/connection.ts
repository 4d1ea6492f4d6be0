import { readFileSync } from "node:fs";
import { ProtocolError } from "../errors.ts";

export type SocketName = "shell" | "control" | "iopub" | "stdin" | "hb";

/** What a Jupyter connection file holds. */
export interface ConnectionInfo {
  readonly transport: string;
  readonly ip: string;
  readonly shell_port: number;
  readonly control_port: number;
  readonly iopub_port: number;
  readonly stdin_port: number;
  readonly hb_port: number;
  /** Empty: messages are not signed. */
  readonly key: string;
  readonly signature_scheme: string;
}

/**
 * Reads a connection file.
 * @throws ProtocolError ERR_PROTOCOL if it is missing, not JSON, lacks a port, or asks for another scheme than
 *   hmac-sha256
 */
export function readConnectionFile(path: string): ConnectionInfo {
  let parsed: Record<string, unknown>;
  try {
    parsed = JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>;
  } catch (cause) {
    throw new ProtocolError(
      `connection file: expected JSON at ${path}, got ${(cause as Error).message}. Let Jupyter write it and pass its path.`,
      { cause },
    );
  }
  const port = (name: string): number => {
    const value = parsed[name];
    if (typeof value === "number" && Number.isInteger(value)) return value;
    throw new ProtocolError(
      `connection file: expected an integer ${name} in ${path}, got ${JSON.stringify(value)}. Let Jupyter write it.`,
    );
  };
  const text = (name: string, fallback: string): string =>
    typeof parsed[name] === "string" ? (parsed[name] as string) : fallback;
  const info: ConnectionInfo = {
    transport: text("transport", "tcp"),
    ip: text("ip", "127.0.0.1"),
    shell_port: port("shell_port"),
    control_port: port("control_port"),
    iopub_port: port("iopub_port"),
    stdin_port: port("stdin_port"),
    hb_port: port("hb_port"),
    key: text("key", ""),
    signature_scheme: text("signature_scheme", "hmac-sha256"),
  };
  if (info.key !== "" && info.signature_scheme !== "hmac-sha256") {
    throw new ProtocolError(
      `connection file: expected signature_scheme hmac-sha256, got ${info.signature_scheme}. Change it in ${path}.`,
    );
  }
  return info;
}

/** The ZMQ endpoint of one socket, such as `tcp://127.0.0.1:5555` or `ipc:///tmp/kernel-1`. */
export function endpoint(info: ConnectionInfo, socket: SocketName): string {
  const separator = info.transport === "ipc" ? "-" : ":";
  return `${info.transport}://${info.ip}${separator}${info[`${socket}_port`]}`;
}
