import {
  appendFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
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

/**
 * The cells of all sessions of one user, one JSON object per line. Lines are only ever appended, each by one write that
 * begins with a line break, so a line that was cut by a crash spoils neither itself nor the next. A file above its
 * size is replaced in one step by its younger half, whole sessions at a time.
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
    let text = "";
    try {
      text = readFileSync(this.#path, "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
    let firstSession = 1;
    const records: HistoryRecord[] = [];
    for (const line of text.split("\n")) {
      const value = parseLine(line);
      if (isRecord(value)) records.push(value);
      else if (Number.isSafeInteger(value.firstSession)) firstSession = Number(value.firstSession);
    }
    return { firstSession, records };
  }

  /** Drops the oldest sessions of a file that has outgrown its size; keeps the youngest, whatever its size. */
  trim(): void {
    const sizeBytes = statSync(this.#path, { throwIfNoEntry: false })?.size ?? 0;
    if (sizeBytes <= this.#maxSizeBytes) return;
    const { firstSession, records } = this.read();
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
      if (keptBytes > this.#maxSizeBytes / 2) break;
      first--;
    }
    const kept = new Set(sessions.slice(first));
    const body = lines.filter(({ session }) => kept.has(session)).map(({ text }) => `\n${text}`);
    const fresh = `${this.#path}.${process.pid}.new`;
    const head = JSON.stringify({ firstSession: firstSession + Math.max(0, first) });
    writeFileSync(fresh, head + body.join(""), { mode: 0o600 });
    renameSync(fresh, this.#path);
  }

  #write(text: string): void {
    try {
      appendFileSync(this.#path, text, { mode: 0o600 });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
      mkdirSync(dirname(this.#path), { recursive: true });
      appendFileSync(this.#path, text, { mode: 0o600 });
    }
  }
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
