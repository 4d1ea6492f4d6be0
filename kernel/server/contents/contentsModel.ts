import { createHash } from "node:crypto";
import type { Stats } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { basename } from "node:path/posix";
import { filePieces, type PieceObserver } from "./filePieces.ts";

export type ContentsType = "directory" | "file" | "notebook";
type ContentsFormat = "json" | "text" | "base64";

/** A file or folder as Jupyter's contents API describes it; `content` and `format` are null unless asked for. */
export interface ContentsModel {
  readonly name: string;
  readonly path: string;
  readonly type: ContentsType;
  readonly writable: boolean;
  /** ISO 8601. */
  readonly created: string;
  readonly last_modified: string;
  /** In bytes; null for a folder. */
  readonly size: number | null;
  readonly mimetype: string | null;
  readonly format: ContentsFormat | null;
  /** As JSON, in parts. */
  readonly content: readonly Uint8Array[] | null;
  /** Hexadecimal SHA-256 of the bytes on disk. */
  readonly hash: string | null;
  readonly hash_algorithm: "sha256" | null;
  /** What is wrong with the form of a notebook; left out where nothing is. */
  readonly message?: string;
}

/** The hash of a file's bytes; a file of any size is never in memory whole. @param path for the observer */
export async function sha256OfFile(
  path: string,
  file: FileHandle,
  onPiece?: PieceObserver,
): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of filePieces(path, file, { onPiece })) hash.update(piece);
  return hash.digest("hex");
}

/** The part of a model that the file system's own record gives. */
export function bareModel(
  path: string,
  type: ContentsType,
  stats: Stats,
  writable: boolean,
): ContentsModel {
  const created = stats.birthtimeMs > 0 ? stats.birthtime : stats.ctime;
  return {
    name: basename(path),
    path,
    type,
    writable,
    created: created.toISOString(),
    last_modified: stats.mtime.toISOString(),
    size: type === "directory" ? null : stats.size,
    mimetype: null,
    format: null,
    content: null,
    hash: null,
    hash_algorithm: null,
  };
}

/** A model as JSON, in parts. */
export function modelJson({ content, ...rest }: ContentsModel): Uint8Array[] {
  if (content === null) return [Buffer.from(JSON.stringify({ ...rest, content }))];
  const head = Buffer.from(`${JSON.stringify(rest).slice(0, -1)},"content":`);
  return [head, ...content, Buffer.from("}")];
}
