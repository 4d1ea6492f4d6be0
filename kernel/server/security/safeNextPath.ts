/** Any origin will do: only whether a target leaves it matters. */
const HERE = "http://here.invalid";

/**
 * Where to go after login: a path of this server below its base path, never another host. A target is resolved as a browser
 * resolves it, and what comes out is resolved once more: `/..//host` is a path of this server, and as the target of a
 * redirect another host.
 */
export function safeNextPath(
  next: string | null | undefined,
  fallback: string,
  basePath = "/",
): string {
  if (next === null || next === undefined || next === "") return fallback;
  const url = resolve(next, `${HERE}${basePath}login`);
  if (url === null || url.origin !== HERE) return fallback;
  const path = `${url.pathname}${url.search}${url.hash}`;
  const again = resolve(path, `${HERE}${basePath}login`);
  const isHere = again?.origin === HERE && again.href === url.href;
  return isHere && `${url.pathname}/`.startsWith(basePath) ? path : fallback;
}

function resolve(target: string, base: string): URL | null {
  return URL.canParse(target, base) ? new URL(target, base) : null;
}
