import type { BigIntStats } from "node:fs";
import { open, stat } from "node:fs/promises";
import { fileBody, type PieceObserver } from "../contents/filePieces.ts";
import { contentTypeOf } from "../contents/mimeType.ts";
import type { OpenedFile } from "../contents/openedFile.ts";

export interface ServeFileOptions {
  readonly cacheControl: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly onPiece?: PieceObserver | undefined;
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

/** A date is proof only once nothing else can have happened in its second (RFC 9110, 8.8.2.2). */
function isSameDate(condition: string, mtime: Date): boolean {
  return condition === mtime.toUTCString() && Date.now() - mtime.getTime() > 2000;
}

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** The bytes to send; null for none. */
  readonly range: Range | null;
}

function answer(
  path: string,
  stats: BigIntStats,
  request: Request,
  options: ServeFileOptions,
): Answer {
  const sizeBytes = Number(stats.size);
  const etag = `"${[stats.size, stats.mtimeNs, stats.ino].map((part) => part.toString(16)).join("-")}"`;
  const headers = new Headers({
    "Content-Type": contentTypeOf(path),
    "Cache-Control": options.cacheControl,
    "Accept-Ranges": "bytes",
    ETag: etag,
    "Last-Modified": stats.mtime.toUTCString(),
    ...options.headers,
  });
  const known = request.headers.get("If-None-Match")?.split(",") ?? [];
  if (known.some((tag) => [etag, `W/${etag}`, "*"].includes(tag.trim())))
    return { status: 304, headers, range: null };
  const condition = request.headers.get("If-Range");
  const isUnchanged =
    condition === null || condition === etag || isSameDate(condition, stats.mtime);
  const range = isUnchanged ? parseRange(request.headers.get("Range"), sizeBytes) : null;
  if (range === "unsatisfiable") {
    headers.set("Content-Range", `bytes */${sizeBytes}`);
    return { status: 416, headers, range: null };
  }
  const { start, end } = range ?? { start: 0, end: sizeBytes - 1 };
  headers.set("Content-Length", `${end - start + 1}`);
  if (range !== null) headers.set("Content-Range", `bytes ${start}-${end}/${sizeBytes}`);
  const isEmpty = request.method === "HEAD" || sizeBytes === 0;
  return { status: range === null ? 200 : 206, headers, range: isEmpty ? null : { start, end } };
}

/** A file as a response, from a folder that is the server's own. @throws the file system's error */
export async function serveFile(
  path: string,
  request: Request,
  options: ServeFileOptions,
): Promise<Response> {
  const kind = await stat(path); // opening a pipe would wait for its writer
  if (!kind.isFile())
    throw Object.assign(new Error(`not a file: ${path}`), {
      code: kind.isDirectory() ? "EISDIR" : "ENOENT",
    });
  return await serveOpened({ path, file: await open(path, "r") }, request, options);
}

/**
 * An open file as a response: ranges, ETag, HEAD. What is sent is the file as it was when the request came, whatever is
 * saved over it meanwhile. The file is closed at the end.
 */
export async function serveOpened(
  { path, file }: OpenedFile,
  request: Request,
  options: ServeFileOptions,
): Promise<Response> {
  let body: ReadableStream<Uint8Array> | null = null;
  try {
    const { status, headers, range } = answer(
      path,
      await file.stat({ bigint: true }),
      request,
      options,
    );
    if (range !== null) body = fileBody(path, file, { range, onPiece: options.onPiece });
    return new Response(body, { status, headers });
  } finally {
    if (body === null) await file.close(); // a body closes it at its end
  }
}
