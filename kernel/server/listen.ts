import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { ServerError } from "./serverError.ts";

const FIRST_PORT = 8888;
const PORTS_TO_TRY = 50;

/**
 * Listens on `port`, or without one on the first free port from 8888 on.
 * @returns the port taken
 * @throws ServerError if the port asked for is taken or may not be used, or the address is none of this computer's
 */
export async function listen(
  server: Server,
  ip: string,
  port: number | undefined,
): Promise<number> {
  if (port !== undefined) return (await tryPort(server, ip, port, false)) as number;
  for (let candidate = FIRST_PORT; candidate < FIRST_PORT + PORTS_TO_TRY; candidate++) {
    const taken = await tryPort(server, ip, candidate, true);
    if (taken !== null) return taken;
  }
  return (await tryPort(server, ip, 0, false)) as number;
}

/** @returns null if the port is taken and `mayFail` */
async function tryPort(
  server: Server,
  ip: string,
  port: number,
  mayFail: boolean,
): Promise<number | null> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, ip, () => {
        server.off("error", reject);
        resolve();
      });
    });
    return (server.address() as AddressInfo).port;
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (mayFail && (code === "EADDRINUSE" || code === "EACCES")) return null;
    throw refusal(code, ip, port, cause);
  }
}

function refusal(code: string | undefined, ip: string, port: number, cause: unknown): ServerError {
  if (code === "EADDRINUSE") {
    return new ServerError(
      `start server: expected port ${port} to be free, got one in use. Stop the program that uses it, or choose another with --port.`,
      { cause },
    );
  }
  if (code === "EACCES") {
    return new ServerError(
      `start server: expected a port this user may use, got ${port}. Choose one above 1023 with --port.`,
      { cause },
    );
  }
  if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND") {
    return new ServerError(
      `start server: expected an address of this computer, got ${ip}. Leave --ip out, or give one of its addresses.`,
      { cause },
    );
  }
  return new ServerError(
    `start server: expected to listen on ${ip}:${port}, got ${code ?? String(cause)}. Choose another with --port.`,
    { cause },
  );
}
