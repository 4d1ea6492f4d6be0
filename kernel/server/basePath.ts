import { ServerError } from "./serverError.ts";

const PART = /^[\w~-][\w.~-]*$/;

/**
 * The path that all addresses of a server begin with: `/`, or `/a/b/` for `a/b`, `/a/b` and `/a/b/`.
 * @throws ServerError for what is no such path
 */
export function basePathOf(given: string): string {
  const parts = given.split("/").filter((part) => part !== "");
  if (!parts.every((part) => PART.test(part)))
    throw new ServerError(
      `start server: expected --base-url to be a path of letters, digits, ".", "_", "~" and "-", as /vitrine/, got ${JSON.stringify(given)}. Give such a path.`,
    );
  return parts.length === 0 ? "/" : `/${parts.join("/")}/`;
}

/** The address of what the routes know as `path`, which begins with a slash. */
export function addressOf(basePath: string, path: string): string {
  return basePath + path.slice(1);
}

export type Target =
  /** What the routes know it as. */
  | { readonly path: string }
  /** No address at all, none of this server, or one that has moved. */
  | { readonly status: 400 | 404 }
  | { readonly status: 302; readonly location: string };

/**
 * Reads the target of a request: a path, or a whole address of this host (RFC 9112, 3.2).
 * @param host the request's Host header
 */
export function readTarget(target: string, host: string | undefined, basePath: string): Target {
  const path = pathOf(target, host);
  if (path === null) return { status: 400 };
  if (path.startsWith(basePath)) return { path: path.slice(basePath.length - 1) };
  const [bare = ""] = path.split("?");
  if (bare === "/" || `${bare}/` === basePath)
    return { status: 302, location: `${basePath}${path.slice(bare.length)}` };
  return { status: 404 };
}

function pathOf(target: string, host: string | undefined): string | null {
  const whole = /^https?:\/\/([^/?#\\]+)(.*)$/i.exec(target);
  if (whole !== null && whole[1]?.toLowerCase() !== host?.toLowerCase()) return null;
  const path = whole === null ? target : whole[2] === "" ? "/" : (whole[2] as string);
  const isPath = path.startsWith("/") && !path.startsWith("//");
  return isPath && !path.includes("\\") && URL.canParse(`http://server.invalid${path}`)
    ? path
    : null;
}
