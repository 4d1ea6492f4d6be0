import { constants } from "node:fs";
import { access, type FileHandle, lstat, open, rename, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { filePieces, PIECE_BYTES, type PieceObserver } from "./filePieces.ts";
import type { SaveObserver } from "./saveStep.ts";
import { sweepTemporaryFiles, temporaryName } from "./temporaryFile.ts";

const RENAME_ATTEMPTS = 10;

export interface SaveOptions {
  /** Of a file that does not exist yet. */
  readonly mode?: number;
  readonly onStep?: SaveObserver | undefined;
  /** Throws if the folder is no longer the one it was; asked before the file is put in its place. */
  readonly confirm?: (() => Promise<void>) | undefined;
}

type Pieces = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/**
 * Replaces a file so that a reader, or a machine that stops at any moment, finds the old content or the new one whole:
 * a temporary file in the same folder, flushed to disk, renamed over the old one. The mode of an existing file is kept.
 * What a process that died left in the folder is removed.
 * @throws the file system's error; the file is then as it was and the temporary file is gone
 */
export async function atomicSave(
  path: string,
  data: string | readonly Uint8Array[],
  options: SaveOptions = {},
): Promise<void> {
  await replaceWhole(
    path,
    piecesOf(typeof data === "string" ? [Buffer.from(data)] : data),
    options,
  );
}

/** As `atomicSave`, with the content of another file, which is never in memory whole. @param from for the observer */
export async function atomicCopy(
  source: FileHandle,
  from: string,
  to: string,
  options: SaveOptions & { readonly onPiece?: PieceObserver | undefined } = {},
): Promise<void> {
  await replaceWhole(to, filePieces(from, source, { onPiece: options.onPiece }), options);
}

/** Bytes in pieces, each of which is written or sent in a moment. */
export function* piecesOf(parts: readonly Uint8Array[]): Generator<Uint8Array> {
  for (const part of parts)
    for (let start = 0; start < part.byteLength; start += PIECE_BYTES)
      yield part.subarray(start, start + PIECE_BYTES);
}

async function replaceWhole(
  path: string,
  pieces: Pieces,
  { mode, onStep, confirm }: SaveOptions,
): Promise<void> {
  const oldMode = await modeToKeep(path);
  await sweepTemporaryFiles(dirname(path));
  const temporary = temporaryName(path);
  try {
    const options = { mode: oldMode ?? mode ?? 0o666, onStep };
    const sizeBytes = await writeTemporary(temporary, path, pieces, options, oldMode);
    await confirm?.();
    await replaceFile(temporary, path, sizeBytes, onStep);
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw error;
  }
}

/**
 * The mode of the file that is about to be replaced, null if there is none. A link is replaced itself and has none.
 * @throws EACCES if it may not be written
 */
export async function modeToKeep(path: string): Promise<number | null> {
  try {
    const stats = await lstat(path);
    if (stats.isSymbolicLink()) return null;
    await access(path, constants.W_OK); // a rename would not ask
    return stats.mode;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

/** Writes what `path` is to hold into a new file, and flushes it to disk. @returns its size in bytes */
export async function writeTemporary(
  temporary: string,
  path: string,
  pieces: Pieces,
  { mode, onStep }: SaveOptions = {},
  oldMode: number | null = null,
): Promise<number> {
  let writtenBytes = 0;
  onStep?.("begun", path, 0);
  const file = await open(temporary, "wx", mode);
  try {
    onStep?.("opened", path, 0);
    for await (const piece of pieces) {
      await file.writeFile(piece);
      writtenBytes += piece.byteLength;
      onStep?.("writing", path, writtenBytes);
    }
    onStep?.("written", path, writtenBytes);
    await flush(file, oldMode);
  } finally {
    await file.close();
  }
  onStep?.("closed", path, writtenBytes);
  return writtenBytes;
}

/** Brings a whole file to disk, with the mode of the one that it replaces: `open` takes the umask off it. */
export async function flush(file: FileHandle, oldMode: number | null): Promise<void> {
  if (oldMode !== null && process.platform !== "win32") await file.chmod(oldMode);
  await file.sync();
}

/** Puts a whole file in the place of `path`, durably. */
export async function replaceFile(
  temporary: string,
  path: string,
  sizeBytes: number,
  onStep?: SaveObserver,
): Promise<void> {
  await replaceWith(temporary, path);
  onStep?.("placed", path, sizeBytes);
  await syncFolder(dirname(path));
}

/** Renames over `path`. Windows refuses while a virus scanner or an indexer holds the file, for moments only. */
export async function replaceWith(temporary: string, path: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await rename(temporary, path);
      return;
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      const passing =
        process.platform === "win32" && (code === "EPERM" || code === "EACCES" || code === "EBUSY");
      if (!passing || attempt === RENAME_ATTEMPTS) throw error;
      await sleep(10 * attempt);
    }
  }
}

/** Makes the rename itself durable where folders can be flushed; Windows and some network disks cannot. */
async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, "r");
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "";
    if (!["EPERM", "EISDIR", "EACCES", "EINVAL", "ENOTSUP", "EBADF"].includes(code)) throw error;
  }
}
