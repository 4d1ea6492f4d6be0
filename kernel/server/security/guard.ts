import { getConnInfo } from "@hono/node-server/conninfo";
import type { Context, MiddlewareHandler } from "hono";
import { addressOf } from "../basePath.ts";
import { HttpError } from "../httpError.ts";
import { type Authenticator, type Proof, parseCookies, TooManyTries } from "./authentication.ts";
import { PLAIN_POLICY } from "./contentSecurityPolicy.ts";
import { isAllowedHost, isSameOrigin } from "./hostCheck.ts";
import { safeNextPath } from "./safeNextPath.ts";
import { safeEqual } from "./secrets.ts";

const READING = new Set(["GET", "HEAD"]);
const PUBLIC = new Set(["/login", "/logout", "/api", "/api/"]);

/** Pages a person opens, as against addresses a program asks. */
function isPagePath(path: string): boolean {
  return (
    path === "/" ||
    /^\/(?:lab|docs)$/.test(path) ||
    path.startsWith("/docs/") ||
    (path.startsWith("/lab/") && !path.startsWith("/lab/api/"))
  );
}

function proofOf(context: Context, authenticator: Authenticator): Proof | null {
  const credentials = {
    authorization: context.req.header("authorization"),
    cookies: parseCookies(context.req.header("cookie")),
    queryToken: context.req.query("token") ?? null,
  };
  try {
    return authenticator.prove(credentials, getConnInfo(context).remote.address ?? "");
  } catch (error) {
    if (error instanceof TooManyTries) context.header("Retry-After", `${error.waitSeconds}`);
    throw error;
  }
}

/** A browser sends cookies unasked, so a change must also show that a page of this server asked for it. */
function requireXsrf(context: Context): void {
  const cookie = parseCookies(context.req.header("cookie"))._xsrf;
  const header =
    context.req.header("x-xsrftoken") ??
    context.req.header("x-csrftoken") ??
    context.req.query("_xsrf");
  if (cookie === undefined || header === undefined || !safeEqual(cookie, header)) {
    throw new HttpError(
      403,
      "request: expected X-XSRFToken to equal the _xsrf cookie, got another. Reload the page.",
      {
        reason: "xsrf",
      },
    );
  }
}

/** The address without its token, for the redirect after login. */
function withoutToken(context: Context, basePath: string): string {
  const url = new URL(context.req.url);
  url.searchParams.delete("token");
  const address = addressOf(basePath, `${url.pathname}${url.search}`);
  return safeNextPath(address, basePath, basePath);
}

/** Lets in only requests to an allowed host, from this origin, by someone who knows the token. */
export function guard(
  authenticator: Authenticator,
  ip: string,
  basePath: string,
): MiddlewareHandler {
  return async (context, next) => {
    const { method, path } = context.req;
    const host = context.req.header("host");
    setHeaders(context);
    if (!isAllowedHost(host, ip)) {
      throw new HttpError(
        403,
        "request: expected a Host header that names this computer, got another. Open the address that the server printed.",
        {
          reason: "host",
        },
      );
    }
    const isReading = READING.has(method);
    if (!isReading && !isSameOrigin(context.req.header("origin"), host)) {
      throw new HttpError(
        403,
        "request: expected a page of this server as Origin, got another. Open the address that the server printed.",
        {
          reason: "origin",
        },
      );
    }
    if (PUBLIC.has(path)) {
      await next();
      return;
    }
    const proof = proofOf(context, authenticator);
    const isPage = isReading && isPagePath(path);
    if (proof === null) {
      if (isPage) {
        const next = encodeURIComponent(withoutToken(context, basePath));
        context.res = context.redirect(addressOf(basePath, `/login?next=${next}`));
        return;
      }
      throw new HttpError(
        403,
        'request: expected the server\'s token, got none or another. Send it as "Authorization: token ...".',
        {
          reason: "token",
        },
      );
    }
    if (isPage && context.req.query("token") !== undefined) {
      context.header("Set-Cookie", authenticator.setCookieHeader(), { append: true });
      context.res = context.redirect(withoutToken(context, basePath));
      return;
    }
    if (!isReading && proof === "cookie") requireXsrf(context);
    await next();
  };
}

function setHeaders(context: Context): void {
  context.header("X-Content-Type-Options", "nosniff");
  context.header("Referrer-Policy", "same-origin");
  context.header("Cross-Origin-Resource-Policy", "same-origin");
  context.header("Content-Security-Policy", PLAIN_POLICY);
  context.header("Cache-Control", "no-store");
}
