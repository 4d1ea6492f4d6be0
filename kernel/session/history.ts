import { randomUUID } from "node:crypto";
import type { Json } from "../protocol/messages.ts";
import type { HistoryFile } from "./historyFile.ts";

/** One row of history_reply. */
export type HistoryEntry = [
  session: number,
  line: number,
  input: string | [input: string, output: string | null],
];

interface Cell {
  readonly session: number;
  readonly line: number;
  readonly input: string;
  output: string | null;
}

/**
 * What was run, for history_request: in this kernel with what it showed, and in earlier sessions of this user as far
 * as their file reaches back.
 */
export class History {
  readonly #id = randomUUID();
  readonly #own: { line: number; input: string; output: string | null }[] = [];
  readonly #file: HistoryFile | null;
  readonly #onUnwritable: (error: Error) => void;
  #isWritable = true;

  /**
   * @param file where sessions are kept; null keeps this one in memory alone
   * @param onUnwritable told once if the file cannot be written; this session then goes on in memory
   */
  constructor(file: HistoryFile | null = null, onUnwritable: (error: Error) => void = () => {}) {
    this.#file = file;
    this.#onUnwritable = onUnwritable;
  }

  add(line: number, input: string): void {
    this.#own.push({ line, input, output: null });
    if (this.#file === null || !this.#isWritable) return;
    try {
      if (this.#own.length === 1) this.#file.trim();
      this.#file.append({ session: this.#id, line, input });
    } catch (error) {
      this.#isWritable = false;
      this.#onUnwritable(error as Error);
    }
  }

  setOutput(line: number, output: string): void {
    const entry = this.#own.findLast((candidate) => candidate.line === line);
    if (entry !== undefined) entry.output = output;
  }

  /**
   * Answers history_request. A range's `session` 0 is this one, and a negative one counts back from it; outputs are
   * known for this session only.
   */
  query(request: Json): HistoryEntry[] {
    const { cells, current } = this.#cells();
    let found = cells;
    if (request.hist_access_type === "range") {
      const asked = Number(request.session ?? 0);
      const session = asked > 0 ? asked : current + asked;
      const start = Number(request.start ?? 0);
      const stop = Number(request.stop ?? Number.POSITIVE_INFINITY);
      found = cells.filter(
        (cell) => cell.session === session && cell.line >= start && cell.line < stop,
      );
    } else {
      if (request.hist_access_type === "search") {
        const matches = globMatcher(String(request.pattern ?? "*"));
        found = cells.filter(({ input }) => matches(input));
        if (request.unique === true) {
          const latest = new Map(found.map((cell) => [cell.input, cell]));
          found = found.filter((cell) => latest.get(cell.input) === cell);
        }
      }
      const count = Number(request.n ?? found.length);
      found = count > 0 ? found.slice(-count) : [];
    }
    return found.map(({ session, line, input, output }) => [
      session,
      line,
      request.output === true ? [input, output] : input,
    ]);
  }

  /** Earlier and concurrent sessions in the order of their numbers, then this one. */
  #cells(): { cells: Cell[]; current: number } {
    const { firstSession, records } = this.#file?.read() ?? { firstSession: 1, records: [] };
    const numbers = new Map<string, number>();
    for (const { session } of records) {
      if (!numbers.has(session)) numbers.set(session, firstSession + numbers.size);
    }
    const current = numbers.get(this.#id) ?? firstSession + numbers.size;
    const others = records
      .filter(({ session }) => session !== this.#id)
      .map(({ session, line, input }) => ({
        session: numbers.get(session) ?? 0,
        line,
        input,
        output: null,
      }));
    const own = this.#own.map((cell) => ({ session: current, ...cell }));
    return { cells: [...others, ...own], current };
  }
}

/** `*` and `?` as in a shell. */
function globMatcher(pattern: string): (text: string) => boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", "[^]*")
    .replaceAll("?", "[^]");
  const expression = new RegExp(`^${source}$`);
  return (text) => expression.test(text);
}
