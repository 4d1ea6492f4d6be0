/** What keeps files from being written, in words, and what to do about it. */
const REASONS: Readonly<Record<string, readonly [reason: string, fix: string]>> = {
  ENOENT: ["no such folder", "Make the folder"],
  ENOTDIR: ["a part of the path is no folder", "Name another folder"],
  EEXIST: ["a part of the path is no folder", "Name another folder"],
  EACCES: ["no permission", "Change who may write there"],
  EPERM: ["no permission", "Change who may write there"],
  EROFS: ["the disk can only be read", "Name a folder of another disk"],
  ENOSPC: ["no space left on the disk", "Free some space"],
  EDQUOT: ["no space left for this user", "Free some space"],
  EFBIG: ["larger than files may be there", "Save less"],
  ENAMETOOLONG: ["the name is too long", "Shorten it"],
};

/** A file or a folder that could not be written; what was there before is whole. */
export class WriteFault extends Error {
  /** What to do, without the end of the sentence. */
  readonly fix: string;

  constructor(path: string, cause: unknown, kind: "file" | "folder") {
    const { code = "", message } = cause as NodeJS.ErrnoException;
    const [reason, fix] = REASONS[code] ?? [message, `Name a ${kind}`];
    const said = code === "" ? reason : `${reason} (${code})`;
    super(`expected a ${kind} that can be written, got ${path}: ${said}`, { cause });
    this.name = new.target.name;
    this.fix = fix;
  }
}

/** The fault of a file or a folder, said once however often it is passed on. */
export const writeFault = (
  path: string,
  cause: unknown,
  kind: "file" | "folder" = "file",
): WriteFault => (cause instanceof WriteFault ? cause : new WriteFault(path, cause, kind));
