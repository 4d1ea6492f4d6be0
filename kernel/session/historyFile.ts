import {
  appendFileSync,
  closeSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";

/** One cell that some kernel of this user ran. */
export interface HistoryRecord {
  /** Id of the kernel's session, unique for ever. */
  readonly session: string;
  /** Execution count. */
  readonly line: number;
  readonly input: string;
}

/** What a reader needs to number sessions: they count up in the order in which they first appear. */
export interface HistoryPage {
  /** Number of the first session in the file; larger than 1 once older ones were dropped. */
  readonly firstSession: number;
  readonly records: readonly HistoryRecord[];
}

const DEFAULT_MAX_SIZE_BYTES = 4 << 20;
/** A replacement that took longer than this was left by a kernel that died. */
const TRIM_PATIENCE_MS = 60_000;
/** Files that were replaced under one line after the other before somebody gives up on it. */
const MOST_TRIES = 1000;
const LINE_BREAK = 0x0a;

/**
 * The cells of all sessions of one user, one JSON object per line. Lines are only ever appended, each by one write that
 * begins with a line break, so a line that was cut by a crash spoils neither itself nor the next. A file above its
 * size is replaced in one step by its younger half, whole sessions at a time.
 *
 * Kernels share the file without locks. One of them replaces it at a time: the one that could create `<path>.new`. What others
 * append to the old file up to the replacement is carried over, and who appended to it afterwards sees that it is the old one
 * and appends again; so a line may be there twice, which readers pass over, but none is lost.
 */
export class HistoryFile {
  readonly #path: string;
  readonly #maxSizeBytes: number;

  constructor(path: string, maxSizeBytes = DEFAULT_MAX_SIZE_BYTES) {
    this.#path = path;
    this.#maxSizeBytes = maxSizeBytes;
  }

  /** @throws NodeJS.ErrnoException if the file cannot be written */
  append(record: HistoryRecord): void {
    this.#write(`\n${JSON.stringify(record)}`);
  }

  /** All that can be read; a file that is not there is empty. */
  read(): HistoryPage {
    try {
      return parsePage(readFileSync(this.#path, "utf8"));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
      return { firstSession: 1, records: [] };
    }
  }

  /**
   * Drops the oldest sessions of a file that has outgrown its size; keeps the youngest, whatever its size. Does nothing while
   * another kernel does it.
   * @throws NodeJS.ErrnoException if the replacement cannot be written; the file is then as it was
   */
  trim(): void {
    const sizeBytes = statSync(this.#path, { throwIfNoEntry: false })?.size ?? 0;
    if (sizeBytes <= this.#maxSizeBytes) return;
    const freshPath = `${this.#path}.new`;
    const fresh = claim(freshPath);
    if (fresh === null) return;
    let old: number | null = null;
    let isReplaced = false;
    try {
      old = openSync(this.#path, "r");
      const first = splitLastLine(readFileSync(old));
      writeFileSync(fresh, youngerHalf(first.whole, this.#maxSizeBytes));
      fsyncSync(fresh); // a file whose name reaches the disk before its content is empty after a power cut
      if (inodeOf(old) !== inodeOf(this.#path)) return;
      const second = splitLastLine(Buffer.concat([first.cut, readFileSync(old)])); // reading goes on where it stopped
      writeFileSync(fresh, second.whole);
      if (process.platform === "win32") {
        closeSync(old); // no open file can be replaced there
        old = null;
      }
      renameSync(freshPath, this.#path);
      isReplaced = true;
      const late = old === null ? second.cut : Buffer.concat([second.cut, readFileSync(old)]);
      if (late.length > 0) this.#write(late);
    } finally {
      if (old !== null) closeSync(old);
      closeSync(fresh);
      if (!isReplaced) rmSync(freshPath, { force: true });
    }
  }

  #write(text: string | Buffer): void {
    let isKept = false;
    for (let triesLeft = MOST_TRIES; !isKept && triesLeft > 0; triesLeft--) {
      const file = this.#open();
      try {
        appendFileSync(file, text);
        isKept = inodeOf(this.#path) === inodeOf(file) || this.#holds(text);
      } finally {
        closeSync(file);
      }
    }
  }

  /** Is it in the file of now? Who replaced the other one may have carried it over; and inode numbers may mean nothing. */
  #holds(text: string | Buffer): boolean {
    try {
      return readFileSync(this.#path).includes(text);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
      return false;
    }
  }

  /** For appending; makes the folder if there is none. */
  #open(): number {
    try {
      return openSync(this.#path, "a", 0o600);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
      mkdirSync(dirname(this.#path), { recursive: true });
      return openSync(this.#path, "a", 0o600);
    }
  }
}

/** Which file it is; undefined if there is none. Inodes of some file systems are more than a number holds. */
function inodeOf(file: string | number): bigint | undefined {
  if (typeof file === "number") return fstatSync(file, { bigint: true }).ino;
  return statSync(file, { bigint: true, throwIfNoEntry: false })?.ino;
}

/** Creates a file that is not there; null if another kernel is about to fill it, or died over it: then the next may. */
function claim(path: string): number | null {
  try {
    return openSync(path, "wx", 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    const madeMs = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    if (Date.now() - madeMs > TRIM_PATIENCE_MS) rmSync(path, { force: true });
    return null;
  }
}

/** Each cell once: a line that was appended twice counts where it stands first. */
function parsePage(text: string): HistoryPage {
  let firstSession = 1;
  const records = new Map<string, HistoryRecord>();
  for (const line of text.split("\n")) {
    const value = parseLine(line);
    if (!isRecord(value)) {
      if (Number.isSafeInteger(value.firstSession)) firstSession = Number(value.firstSession);
      continue;
    }
    const key = `${value.line} ${value.session}`;
    if (!records.has(key)) records.set(key, value);
  }
  return { firstSession, records: [...records.values()] };
}

/**
 * Apart from the rest, a last line that cannot be read yet. Whoever reads while another writes may see the beginning of a line alone,
 * and what others append to the new file must not come between that and its end.
 */
function splitLastLine(raw: Buffer): { whole: Buffer; cut: Buffer } {
  const last = Math.max(0, raw.lastIndexOf(LINE_BREAK));
  const isCut = Object.keys(parseLine(raw.toString("utf8", last).trim())).length === 0;
  const end = isCut ? last : raw.length;
  return { whole: raw.subarray(0, end), cut: raw.subarray(end) };
}

/** The file without its oldest sessions. */
function youngerHalf(raw: Buffer, maxSizeBytes: number): Buffer {
  const { firstSession, records } = parsePage(raw.toString());
  const sessions = [...new Set(records.map(({ session }) => session))];
  const sizes = new Map<string, number>();
  const lines = records.map((record) => ({
    session: record.session,
    text: JSON.stringify(record),
  }));
  for (const { session, text } of lines) {
    sizes.set(session, (sizes.get(session) ?? 0) + Buffer.byteLength(text) + 1);
  }
  let first = sessions.length - 1;
  let keptBytes = sizes.get(sessions[first] ?? "") ?? 0;
  while (first > 0) {
    keptBytes += sizes.get(sessions[first - 1] ?? "") ?? 0;
    if (keptBytes > maxSizeBytes / 2) break;
    first--;
  }
  const kept = new Set(sessions.slice(first));
  const body = lines.filter(({ session }) => kept.has(session)).map(({ text }) => `\n${text}`);
  const head = JSON.stringify({ firstSession: firstSession + Math.max(0, first) });
  return Buffer.from(head + body.join(""));
}

/** The object on a line; an empty one for a line that is blank, cut or something else. */
function parseLine(line: string): Record<string, unknown> {
  if (!line.startsWith("{")) return {};
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return {};
  }
}

function isRecord(
  value: Record<string, unknown>,
): value is Record<string, unknown> & HistoryRecord {
  return (
    typeof value.session === "string" &&
    typeof value.line === "number" &&
    typeof value.input === "string"
  );
}
