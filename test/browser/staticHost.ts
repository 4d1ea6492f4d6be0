import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";

const TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css",
  ".html": "text/html",
  ".js": "text/javascript",
  ".json": "application/json",
};

/** A host that has files of one folder and nothing else: no headers that isolate a page, no permission for other origins. */
export interface StaticHost {
  /** With a slash at its end. */
  readonly address: string;
  close(): void;
}

/** @param pages further files by their paths, which need not be in the folder */
export async function staticHost(
  folder: string,
  pages: Readonly<Record<string, string>> = {},
): Promise<StaticHost> {
  const server: Server = createServer(async ({ url = "/" }, response) => {
    const asked = decodeURIComponent(new URL(url, "http://host").pathname);
    const path = normalize(asked.endsWith("/") ? `${asked}index.html` : asked);
    try {
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
    address: `http://127.0.0.1:${port}/`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
