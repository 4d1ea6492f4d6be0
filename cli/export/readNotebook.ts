import { notebookOf, readInput } from "../notebookFile.ts";

/** What a cell has shown under MIME types. */
export type Bundle = Readonly<Record<string, unknown>>;

/** One output of a code cell, as the notebook format has it. */
export interface Output {
  readonly output_type?: string;
  /** Of streams: stdout or stderr. */
  readonly name?: string;
  readonly text?: string;
  readonly data?: Bundle;
  readonly ename?: string;
  readonly evalue?: string;
  readonly traceback?: readonly string[];
}

export interface NotebookCell {
  readonly cell_type: "code" | "markdown" | "raw";
  readonly source: string;
  readonly execution_count?: number | null;
  readonly outputs?: readonly Output[];
  /** Pictures of markdown cells: a bundle by name. */
  readonly attachments?: Readonly<Record<string, Bundle>>;
  readonly metadata?: { readonly jupyter?: { readonly source_hidden?: unknown } };
}

/** Whether a code cell's source is folded, as JupyterLab saves it: the reasons of an exercise stand there, and nobody reads them first. */
export const isFolded = ({ source, metadata }: NotebookCell): boolean =>
  source.trim() !== "" && metadata?.jupyter?.source_hidden === true;

/** What stands in the place of folded code. */
export function foldedLabel(source: string): string {
  const lines = source.trim().split("\n").length;
  return `Folded code, ${lines} ${lines === 1 ? "line" : "lines"}`;
}

/** A notebook that is read, with its texts as strings. */
export interface ReadNotebook {
  readonly path: string;
  readonly cells: readonly NotebookCell[];
  readonly metadata: Readonly<Record<string, unknown>>;
  /** The cells' language, as in "typescript"; empty where the notebook does not say. */
  readonly language: string;
}

/**
 * Reads a notebook of format 4, or one of format 3 as format 4.
 * @throws InputError ERR_INPUT where it cannot be read or is none, with the place of what is wrong
 */
export async function readNotebook(path: string): Promise<ReadNotebook> {
  const { cells, metadata } = notebookOf(await readInput("export", path), path);
  const kernel = metadata.kernelspec as { language?: unknown } | undefined;
  const about = metadata.language_info as { name?: unknown } | undefined;
  return {
    path,
    cells: (cells as unknown as NotebookCell[]).map(checkedCell),
    metadata,
    language: String(about?.name ?? kernel?.language ?? "").toLowerCase(),
  };
}

/** Foreign programs leave out what is empty. */
function checkedCell(cell: NotebookCell): NotebookCell {
  const outputs = Array.isArray(cell.outputs) ? cell.outputs.filter(isObject) : [];
  return { ...cell, source: typeof cell.source === "string" ? cell.source : "", outputs };
}

const isObject = (value: unknown): boolean => typeof value === "object" && value !== null;
