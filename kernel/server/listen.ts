import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { ServerError } from "./serverError.ts";

const FIRST_PORT = 8888;
const PORTS_TO_TRY = 50;

/** How often any port is taken that has to be free on both loopbacks. */
const MOST_TRIES = 20;
/** How systems without IPv6 answer. */
const NO_SUCH_ADDRESS = ["EADDRNOTAVAIL", "EAFNOSUPPORT", "EINVAL"];

/**
 * Listens on `port`, or without one on the first free port from 8888 on. For `localhost` that is both loopbacks, since a
 * browser may take either for this name; where there is no IPv6, `127.0.0.1` alone.
 * @param makeServer a server for one address
 * @returns the port taken, and the servers
 * @throws ServerError if the port asked for is taken or may not be used, or the address is none of this computer's
 */
export async function listen(
  makeServer: () => Server,
  ip: string,
  port: number | undefined,
): Promise<{ port: number; servers: Server[] }> {
  const addresses = ip === "localhost" ? ["127.0.0.1", "::1"] : [ip];
  const candidates =
    port === undefined
      ? [...Array(PORTS_TO_TRY).keys()].map((index) => FIRST_PORT + index)
      : port === 0
        ? []
        : [port];
  for (const candidate of candidates) {
    const servers = await listenOnAll(makeServer, addresses, candidate, port === undefined);
    if (servers !== null) return { port: candidate, servers };
  }
  for (let left = MOST_TRIES; ; left--) {
    const servers = await listenOnAll(makeServer, addresses, 0, left > 0);
    if (servers !== null) return { port: portOf(servers[0] as Server), servers };
  }
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

/** @returns null if the port is taken on one of the addresses and `mayFail` */
async function listenOnAll(
  makeServer: () => Server,
  addresses: readonly string[],
  port: number,
  mayFail: boolean,
): Promise<Server[] | null> {
  const servers: Server[] = [];
  for (const [index, address] of addresses.entries()) {
    const server = makeServer();
    try {
      await listenOn(server, address, servers[0] === undefined ? port : portOf(servers[0]));
      servers.push(server);
    } catch (cause) {
      const code = (cause as NodeJS.ErrnoException).code ?? "";
      if (index > 0 && NO_SUCH_ADDRESS.includes(code)) continue;
      for (const each of servers) each.close();
      if (mayFail && (code === "EADDRINUSE" || code === "EACCES")) return null;
      throw refusal(code, address, port, cause);
    }
  }
  return servers;
}

async function listenOn(server: Server, address: string, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, address, () => {
      server.off("error", reject);
      resolve();
    });
  });
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
