import { type Answer, integerIn } from "../answerQuestions.ts";
import type { KernelQuestion } from "../askKernel.ts";

/** A file goes to the page in parts of so many bytes. */
const PART_BYTES = 2 ** 19;
/** Larger ones are written where the kernel is. */
const MOST_BYTES = 2 ** 26;

interface Source {
  readonly name: string;
  tableNames(): Promise<readonly string[]>;
  toCsv(table?: string): Promise<string>;
}

/** What a page asks for to save a picture: names of tables, and files part by part. */
export function fileAnswers(
  source: Source,
): Readonly<Record<string, (question: KernelQuestion) => Promise<Answer>>> {
  const files = new Map<string, Promise<Uint8Array>>();

  const make = async ({ form, table }: KernelQuestion): Promise<Uint8Array> => {
    const text = typeof table === "string" ? table : undefined;
    if (form !== "csv")
      throw new Error(
        `${source.name}: expected a file of csv, got ${String(form)}. Reload the page.`,
      );
    const bytes = new TextEncoder().encode(await source.toCsv(text));
    if (bytes.length > MOST_BYTES)
      throw new Error(
        `${source.name}: expected at most ${MOST_BYTES} bytes for a page, got ${bytes.length}. Write save("${source.name}.${String(form)}") in a cell.`,
      );
    return bytes;
  };

  return {
    tables: async () => ({ content: { tables: await source.tableNames() } }),
    file: async (question) => {
      const key = JSON.stringify([question.form, question.table ?? null]);
      const known = files.get(key) ?? make(question);
      files.set(key, known);
      try {
        const bytes = await known;
        const nParts = Math.max(1, Math.ceil(bytes.length / PART_BYTES));
        const part = integerIn(question, "part", 0, nParts - 1);
        if (part === nParts - 1) files.delete(key);
        const start = part * PART_BYTES;
        return { content: { nParts }, buffers: [bytes.slice(start, start + PART_BYTES)] };
      } catch (error) {
        files.delete(key);
        throw error;
      }
    },
  };
}
