import type { Server } from "node:http";
import type { AddressInfo } from "node:net";

/** The server cannot be started as it was asked to. */
export class ServeError extends Error {
  readonly code = "ERR_SERVE";
}

/** @returns the port. @throws ServeError where the port is taken, or the address is none of this computer's */
export async function listen(server: Server, host: string, port: number): Promise<number> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, host, () => {
        server.off("error", reject);
        resolve();
      });
    });
  } catch (cause) {
    throw refusal((cause as NodeJS.ErrnoException).code, host, port, cause);
  }
  return (server.address() as AddressInfo).port;
}

function refusal(code: string | undefined, host: string, port: number, cause: unknown): ServeError {
  const told: Readonly<Record<string, string>> = {
    EADDRINUSE: `expected port ${port} to be free, got one in use. Stop the program that uses it, or choose another with --port.`,
    EACCES: `expected a port this user may use, got ${port}. Choose one above 1023 with --port.`,
    EADDRNOTAVAIL: `expected an address of this computer, got ${host}. Leave --host out, or give one of its addresses.`,
    ENOTFOUND: `expected an address of this computer, got ${host}. Leave --host out, or give one of its addresses.`,
  };
  const message =
    told[code ?? ""] ??
    `expected to listen on ${host}:${port}, got ${code ?? String(cause)}. Choose another with --port.`;
  return new ServeError(`serve: ${message}`, { cause });
}
