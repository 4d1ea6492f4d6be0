import { kernelHost } from "../../../kernel/display/host.ts";
import { type Answer, integerIn } from "../answerQuestions.ts";
import type { KernelQuestion } from "../askKernel.ts";

/** A file goes to the page in parts of so many bytes. */
const PART_BYTES = 2 ** 19;
/** Larger ones are written where the kernel is. */
const MOST_BYTES = 2 ** 26;
/** A page that waits longer hears that the file is on its way, and asks again. */
const PATIENCE_MS = 5000;

interface Source {
  readonly name: string;
  tableNames(): Promise<readonly string[]>;
  toCsv(table?: string): Promise<string>;
  toHtml(): Promise<string>;
}

/** What a page asks for to save a picture: names of tables, and files part by part. */
export function fileAnswers(
  source: Source,
  patienceMs: number = PATIENCE_MS,
): Readonly<Record<string, (question: KernelQuestion) => Promise<Answer>>> {
  const files = new Map<string, Promise<Uint8Array>>();

  const textOf = ({ form, table }: KernelQuestion): Promise<string> => {
    if (form === "html") return source.toHtml();
    if (form === "csv") return source.toCsv(typeof table === "string" ? table : undefined);
    throw new Error(
      `${source.name}: expected a file of csv or html, got ${String(form)}. Reload the page.`,
    );
  };
  const make = async (question: KernelQuestion): Promise<Uint8Array> => {
    const bytes = new TextEncoder().encode(await textOf(question));
    if (bytes.length > MOST_BYTES)
      throw new Error(
        `${source.name}: expected at most ${MOST_BYTES} bytes for a page, got ${bytes.length}. Write save("${source.name}.${String(question.form)}") in a cell.`,
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
        const bytes = await within(known, patienceMs);
        if (bytes === null) return { content: { isComing: true } };
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

/** What comes, or null where it takes longer. */
async function within<Value>(coming: Promise<Value>, ms: number): Promise<Value | null> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((resolve) => {
    const end = (): void => resolve(null);
    timer = kernelHost()?.startTimer(end, ms) ?? setTimeout(end, ms);
  });
  try {
    return await Promise.race([coming, late]);
  } finally {
    clearTimeout(timer);
  }
}
