import { EnvHttpProxyAgent, fetch as undiciFetch } from "undici";
import { ConfigError } from "../errors.ts";

let made: { key: string; fetch: typeof fetch } | null = null;

/**
 * `fetch` by way of the proxy that HTTPS_PROXY, HTTP_PROXY or, for both, ALL_PROXY name, but for the hosts in NO_PROXY; the
 * lower-case names go before. Node's own `fetch` knows none of these.
 * @throws ConfigError ERR_PROXY for a proxy that does not speak HTTP
 */
export function proxyFetch(): typeof fetch {
  const all = variable("all_proxy");
  const httpsProxy = variable("https_proxy") ?? all;
  const httpProxy = variable("http_proxy") ?? all;
  if (httpProxy === undefined && httpsProxy === undefined) return fetch;
  for (const proxy of [httpProxy, httpsProxy]) if (proxy !== undefined) check(proxy);
  const noProxy = variable("no_proxy") ?? "";
  const key = JSON.stringify([httpProxy, httpsProxy, noProxy]);
  if (made?.key !== key) {
    const dispatcher = new EnvHttpProxyAgent({
      httpProxy: httpProxy ?? "",
      httpsProxy: httpsProxy ?? "",
      noProxy,
    });
    // Undici's types of a request and a response are its own; the objects are those of the standard.
    const through = (input: unknown, init: object = {}): unknown =>
      undiciFetch(input as string, { ...init, dispatcher });
    made = { key, fetch: through as typeof fetch };
  }
  return made.fetch;
}

function variable(name: string): string | undefined {
  return process.env[name] || process.env[name.toUpperCase()] || undefined;
}

function check(proxy: string): void {
  if (/^https?:\/\/[^/]/i.test(proxy)) return;
  throw new ConfigError(
    "ERR_PROXY",
    `proxy: expected HTTPS_PROXY, HTTP_PROXY and ALL_PROXY to begin with http:// or https://, got ${JSON.stringify(proxy.replace(/\/\/[^@/]*@/, "//...@"))}. Name a proxy that speaks HTTP, or put the hub's host into NO_PROXY and unset the variable.`,
  );
}
