import type { FileHandle } from "node:fs/promises";

/** A file that is open to be read, and where it was found. */
export interface OpenedFile {
  readonly path: string;
  readonly file: FileHandle;
}
