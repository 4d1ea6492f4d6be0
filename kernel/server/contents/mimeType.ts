import { extname } from "node:path";

const MIME_TYPES: Readonly<Record<string, string>> = {
  ".avif": "image/avif",
  ".bin": "application/octet-stream",
  ".bmp": "image/bmp",
  ".css": "text/css",
  ".csv": "text/csv",
  ".eot": "application/vnd.ms-fontobject",
  ".geojson": "application/geo+json",
  ".gif": "image/gif",
  ".htm": "text/html",
  ".html": "text/html",
  ".ico": "image/vnd.microsoft.icon",
  ".ipynb": "application/x-ipynb+json",
  ".jpeg": "image/jpeg",
  ".jpg": "image/jpeg",
  ".js": "text/javascript",
  ".json": "application/json",
  ".jsonl": "application/x-ndjson",
  ".map": "application/json",
  ".md": "text/markdown",
  ".mjs": "text/javascript",
  ".mp3": "audio/mpeg",
  ".mp4": "video/mp4",
  ".mts": "text/typescript",
  ".ogg": "audio/ogg",
  ".otf": "font/otf",
  ".parquet": "application/vnd.apache.parquet",
  ".pdf": "application/pdf",
  ".png": "image/png",
  ".py": "text/x-python",
  ".sh": "application/x-sh",
  ".svg": "image/svg+xml",
  ".tar": "application/x-tar",
  ".toml": "application/toml",
  ".ts": "text/typescript",
  ".tsv": "text/tab-separated-values",
  ".tsx": "text/typescript",
  ".ttf": "font/ttf",
  ".txt": "text/plain",
  ".wasm": "application/wasm",
  ".wav": "audio/wav",
  ".webm": "video/webm",
  ".webp": "image/webp",
  ".woff": "font/woff",
  ".woff2": "font/woff2",
  ".xml": "application/xml",
  ".yaml": "application/yaml",
  ".yml": "application/yaml",
  ".zip": "application/zip",
};

/** `a.tar.gz` is a tar archive, as Python's table has it. */
const COMPRESSED = /(?<=\.[^./]+)\.(?:gz|bz2|xz)$/;

/** The MIME type a file's extension stands for, or null if the extension is not known. */
export function mimeTypeOf(path: string): string | null {
  const name = path.toLowerCase().replace(COMPRESSED, "");
  return MIME_TYPES[extname(name)] ?? null;
}

/** The value of a Content-Type header: text is UTF-8. */
export function contentTypeOf(path: string): string {
  const type = (COMPRESSED.test(path) ? null : mimeTypeOf(path)) ?? "application/octet-stream";
  const isText =
    type.startsWith("text/") || type === "application/json" || type === "image/svg+xml";
  return isText ? `${type}; charset=utf-8` : type;
}
