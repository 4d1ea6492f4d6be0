import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";

export interface HostOptions {
  /** Below which path the files lie, e.g. "/some/where/". Default: "/". */
  readonly path?: string;
  /** Further files by their paths below it, which need not be in the folder. */
  readonly pages?: Readonly<Record<string, string>>;
}

const TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css",
  ".html": "text/html; charset=utf-8",
  ".ipynb": "application/json",
  ".js": "text/javascript",
  ".json": "application/json",
  ".png": "image/png",
  ".svg": "image/svg+xml",
};

/** A host that has files of one folder and nothing else: no headers that isolate a page, no permission for other origins. */
export interface StaticHost {
  /** With the path, and a slash at its end. */
  readonly address: string;
  close(): void;
}

/** Serves the files of a folder, and nothing else. */
export async function staticHost(
  folder: string,
  { path: below = "/", pages = {} }: HostOptions = {},
): Promise<StaticHost> {
  const server: Server = createServer(async ({ url = "/" }, response) => {
    const asked = decodeURIComponent(new URL(url, "http://host").pathname);
    const name = asked.endsWith("/") ? `${asked}index.html` : asked;
    const path = normalize(`/${name.slice(below.length)}`);
    try {
      if (!asked.startsWith(below)) throw new Error("outside");
      const body = pages[path] ?? (await readFile(join(folder, path)));
      const type = TYPES[extname(path)] ?? "application/octet-stream";
      response.writeHead(200, { "content-type": type }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    address: `http://127.0.0.1:${port}${below}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
