import { ConfigError } from "../../base/errors.ts";

/** The proxies that the environment names, and `fetch` by way of them. */
let made: { readonly key: string; readonly fetch: Promise<typeof fetch> } | null = null;

/**
 * `fetch` by way of the proxy that HTTPS_PROXY, HTTP_PROXY or, for both, ALL_PROXY name, but for the hosts in NO_PROXY; the
 * lower-case names go before. Node's own `fetch` knows none of these.
 * @throws ConfigError ERR_PROXY for a proxy that does not speak HTTP
 */
export function proxyFetch(): typeof fetch {
  const all = variable("all_proxy");
  const httpsProxy = variable("https_proxy") ?? all ?? "";
  const httpProxy = variable("http_proxy") ?? all ?? "";
  if (httpProxy === "" && httpsProxy === "") return fetch;
  for (const proxy of [httpProxy, httpsProxy]) check(proxy);
  const proxies = { httpProxy, httpsProxy, noProxy: variable("no_proxy") ?? "" };
  const key = JSON.stringify(proxies);
  if (made?.key !== key) made = { key, fetch: fetchBy(proxies) };
  const { fetch: through } = made;
  return async (input, init) => (await through)(input, init);
}

async function fetchBy(proxies: Readonly<Record<string, string>>): Promise<typeof fetch> {
  const { EnvHttpProxyAgent, fetch: undiciFetch } = await import("undici");
  const dispatcher = new EnvHttpProxyAgent(proxies);
  // Undici's types of a request and a response are its own; the objects are those of the standard.
  const through = (input: unknown, init: object = {}): unknown =>
    undiciFetch(input as string, { ...init, dispatcher });
  return through as typeof fetch;
}

function variable(name: string): string | undefined {
  return process.env[name] || process.env[name.toUpperCase()] || undefined;
}

function check(proxy: string): void {
  if (proxy === "" || /^https?:\/\/[^/]/i.test(proxy)) return;
  throw new ConfigError(
    "ERR_PROXY",
    `proxy: expected HTTPS_PROXY, HTTP_PROXY and ALL_PROXY to begin with http:// or https://, got ${JSON.stringify(proxy.replace(/\/\/[^@/]*@/, "//...@"))}. Name a proxy that speaks HTTP, or put the hub's host into NO_PROXY and unset the variable.`,
  );
}
