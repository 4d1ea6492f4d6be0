/** A refusal with its HTTP status; the body a client gets is `{ message, reason }`, as Jupyter's. */
export class HttpError extends Error {
  readonly status: number;
  readonly reason: string | null;
  constructor(status: number, message: string, options?: { reason?: string; cause?: unknown }) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause });
    this.name = "HttpError";
    this.status = status;
    this.reason = options?.reason ?? null;
  }
}

interface FileSystemAnswer {
  readonly status: number;
  readonly expected: string;
  readonly fix: string;
}

const DENIED: FileSystemAnswer = {
  status: 403,
  expected: "permission",
  fix: "Change the permissions of the file and of its folder, or save elsewhere.",
};
const FULL: FileSystemAnswer = {
  status: 507,
  expected: "free space on the disk",
  fix: "Free some space and save again; the file on disk is as it was.",
};

const ANSWERS: Readonly<Record<string, FileSystemAnswer>> = {
  EACCES: DENIED,
  EPERM: DENIED,
  EROFS: {
    status: 403,
    expected: "a writable disk",
    fix: "Save to a disk that is not mounted read-only.",
  },
  ENOSPC: FULL,
  EDQUOT: FULL,
  EFBIG: {
    status: 507,
    expected: "a size that the system allows for a file",
    fix: "Save a smaller file, or raise the limit (ulimit -f); the file on disk is as it was.",
  },
  ENOENT: { status: 404, expected: "an existing file or folder", fix: "Check the path." },
  ENOTDIR: {
    status: 400,
    expected: "a folder",
    fix: "Check the path: one of its parts is a file.",
  },
  EISDIR: { status: 400, expected: "a file", fix: "Check the path: it names a folder." },
  EEXIST: { status: 409, expected: "a free name", fix: "Choose another name." },
  ENOTEMPTY: { status: 409, expected: "an empty folder", fix: "Delete what is in it first." },
  ENAMETOOLONG: {
    status: 400,
    expected: "a name the disk can hold",
    fix: "Choose a shorter name.",
  },
  EINVAL: { status: 400, expected: "a name the disk can hold", fix: "Choose another name." },
  ERR_FS_CP_EINVAL: {
    status: 400,
    expected: "a place outside the folder itself",
    fix: "Copy it elsewhere.",
  },
  ELOOP: { status: 400, expected: "links that end", fix: "Remove the circular link." },
  EXDEV: {
    status: 400,
    expected: "both paths on one disk",
    fix: "Copy the file and delete the original.",
  },
  EMFILE: {
    status: 503,
    expected: "a free file handle",
    fix: "Close some notebooks and try again.",
  },
  ENFILE: {
    status: 503,
    expected: "a free file handle",
    fix: "Close some programs and try again.",
  },
  EBUSY: {
    status: 409,
    expected: "a file no other program holds",
    fix: "Close it there and try again.",
  },
};

/** Turns an error of the file system into a refusal that names `path` as the client knows it, never the disk's path. */
export function fileSystemError(operation: string, path: string, error: unknown): unknown {
  if (error instanceof HttpError) return error;
  const code = (error as NodeJS.ErrnoException | null)?.code;
  const answer = code === undefined ? undefined : ANSWERS[code];
  if (code === undefined || answer === undefined) return error;
  const message = `${operation} ${path === "" ? "/" : path}: expected ${answer.expected}, got ${code}. ${answer.fix}`;
  return new HttpError(answer.status, message, { reason: code, cause: error });
}

/** Runs `action`; what the file system refuses becomes an HttpError about `path`. */
export async function withFileErrors<T>(
  operation: string,
  path: string,
  action: () => Promise<T>,
): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw fileSystemError(operation, path, error);
  }
}
