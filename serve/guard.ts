import { createHash, timingSafeEqual } from "node:crypto";
import { isIP } from "node:net";
import type { MiddlewareHandler } from "hono";
import { ApiError } from "./apiError.ts";

/** Asked by whoever watches over processes, without a secret; it tells nothing of texts. */
const OPEN = new Set(["/health"]);

/**
 * Lets in who knows the token, where there is one. A server for this computer alone answers to names of this computer alone,
 * so that a page whose own name was pointed at 127.0.0.1 (DNS rebinding) gets nothing; nor does a page of another origin.
 */
export function guard(token: string | null, host: string): MiddlewareHandler {
  return async (context, next) => {
    const { header } = {
      header: (name: string) => context.req.header(name),
    };
    context.header("X-Content-Type-Options", "nosniff");
    if (isLoopback(host) && !isLoopback(hostName(header("host"))))
      throw new ApiError(
        403,
        "Host: expected a name of this computer, got another. Use the address that the server printed.",
        { code: "wrong_host" },
      );
    const origin = header("origin");
    if (origin !== undefined && origin !== `http://${header("host")}`)
      throw new ApiError(
        403,
        "Origin: expected none, or this server's own, got that of another page. Ask from a program.",
        { code: "wrong_origin" },
      );
    if (token === null || OPEN.has(context.req.path)) return next();
    const [, given] = /^Bearer (.+)$/i.exec(header("authorization") ?? "") ?? [];
    if (given === undefined || !safeEqual(given, token))
      throw new ApiError(
        401,
        "Authorization: expected the server's token, got none or another. Send it as Bearer, which clients do with an API key.",
        { code: "invalid_api_key" },
      );
    return next();
  };
}

/** Whether a host, or the address listened on, is this computer's own and no other's. */
export function isLoopback(host: string): boolean {
  if (host === "localhost" || host.endsWith(".localhost")) return true;
  if (isIP(host) === 4) return host.startsWith("127.");
  return host === "::1";
}

function hostName(header: string | undefined): string {
  const match = /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+)(?::\d{1,5})?$/.exec(header ?? "");
  return match?.[1]?.replace(/^\[|\]$/g, "").toLowerCase() ?? "";
}

/** Compares in a time that says nothing about where, or whether in length, two texts differ. */
function safeEqual(left: string, right: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(left), digest(right));
}
