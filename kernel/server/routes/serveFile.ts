import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { Readable } from "node:stream";
import { contentTypeOf } from "../contents/mimeType.ts";

export interface ServeFileOptions {
  readonly cacheControl: string;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Range {
  readonly start: number;
  /** Inclusive. */
  readonly end: number;
}

/** The one range a Range header asks for; null means the whole file, "unsatisfiable" a range outside it (RFC 9110, 14.2). */
export function parseRange(
  header: string | null,
  sizeBytes: number,
): Range | "unsatisfiable" | null {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? "");
  if (match === null || (match[1] === "" && match[2] === "")) return null;
  const [, first = "", last = ""] = match;
  const start = first === "" ? Math.max(0, sizeBytes - Number(last)) : Number(first);
  const end = first === "" || last === "" ? sizeBytes - 1 : Math.min(Number(last), sizeBytes - 1);
  if (first !== "" && last !== "" && Number(last) < start) return null;
  return start > end ? "unsatisfiable" : { start, end };
}

/**
 * A file as a response: ranges, ETag, HEAD.
 * @throws the file system's error
 */
export async function serveFile(
  path: string,
  request: Request,
  options: ServeFileOptions,
): Promise<Response> {
  const stats = await stat(path);
  if (!stats.isFile())
    throw Object.assign(new Error(`not a file: ${path}`), {
      code: stats.isDirectory() ? "EISDIR" : "ENOENT",
    });
  const etag = `W/"${stats.size.toString(16)}-${Math.floor(stats.mtimeMs).toString(16)}"`;
  const headers = new Headers({
    "Content-Type": contentTypeOf(path),
    "Cache-Control": options.cacheControl,
    "Accept-Ranges": "bytes",
    ETag: etag,
    "Last-Modified": stats.mtime.toUTCString(),
    ...options.headers,
  });
  const known = request.headers.get("If-None-Match");
  if (known?.split(",").some((tag) => tag.trim() === etag || tag.trim() === "*")) {
    return new Response(null, { status: 304, headers });
  }
  const mayRange = request.headers.get("If-Range") === null;
  const range = mayRange ? parseRange(request.headers.get("Range"), stats.size) : null;
  if (range === "unsatisfiable") {
    headers.set("Content-Range", `bytes */${stats.size}`);
    return new Response(null, { status: 416, headers });
  }
  const { start, end } = range ?? { start: 0, end: stats.size - 1 };
  headers.set("Content-Length", `${end - start + 1}`);
  if (range !== null) headers.set("Content-Range", `bytes ${start}-${end}/${stats.size}`);
  const status = range === null ? 200 : 206;
  if (request.method === "HEAD" || stats.size === 0) return new Response(null, { status, headers });
  const body = Readable.toWeb(createReadStream(path, { start, end })) as ReadableStream<Uint8Array>;
  return new Response(body, { status, headers });
}
