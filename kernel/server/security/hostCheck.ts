import { isIP } from "node:net";

/** The host of a Host header without its port, lower case, or null if it is none. */
export function hostName(header: string | null | undefined): string | null {
  if (header === null || header === undefined || header === "") return null;
  const match = /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+)(?::\d{1,5})?$/.exec(header);
  return match?.[1]?.replace(/^\[|\]$/g, "").toLowerCase() ?? null;
}

/** Whether a host, or the address listened on, is this computer's own and no other's. */
export function isLoopback(host: string): boolean {
  if (host === "localhost" || host.endsWith(".localhost")) return true;
  if (isIP(host) === 4) return host.startsWith("127.");
  return host === "::1" || host === "0:0:0:0:0:0:0:1";
}

/**
 * Whether a request may name this host. A server on a loopback address answers to loopback names alone, so that a page
 * whose own name was pointed at 127.0.0.1 (DNS rebinding) gets nothing; one that listens elsewhere answers to any name.
 */
export function isAllowedHost(header: string | null | undefined, ip: string): boolean {
  const host = hostName(header);
  if (host === null) return false;
  return !isLoopback(ip) || isLoopback(host);
}

/** Whether a request comes from a page of this server, or from no page at all. */
export function isSameOrigin(
  origin: string | null | undefined,
  host: string | null | undefined,
): boolean {
  if (origin === null || origin === undefined) return true;
  try {
    const { host: from, protocol } = new URL(origin);
    return (
      host !== null &&
      host !== undefined &&
      protocol.startsWith("http") &&
      from === host.toLowerCase()
    );
  } catch {
    return false;
  }
}
