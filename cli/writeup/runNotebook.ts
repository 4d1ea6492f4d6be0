import { dirname, join, resolve } from "node:path";
import { InputError } from "../../engine/base/errors.ts";
import { packageRoot } from "../../engine/weights/packageRoot.node.ts";
import {
  type CellOutput,
  CellOutputs,
  KernelClient,
  type SavedWidgets,
} from "../../kernel/client/index.ts";
import { KernelError } from "../../kernel/errors.ts";
import type { JsonObject } from "../../kernel/server/contents/jsonObject.ts";
import type { Notebook } from "../../kernel/server/contents/notebookFormat.ts";
import { saveWidgetState } from "../../widgets/offline/savedWidgetState.ts";
import type { Work } from "../progressBar.ts";
import { cellName, hasTag, sourceOf } from "./cells.ts";
import { withStableIds } from "./stableIds.ts";

export interface RunOptions {
  /** The notebook's file: cells run in its folder. */
  readonly path: string;
  /** Interrupts the cell that runs; those behind it do not run. */
  readonly signal: AbortSignal;
  readonly onProgress?: (work: Work) => void;
}

/** A cell that ended the run. */
interface FailedCell {
  /** The cell as a sentence names it. */
  readonly cell: string;
  readonly index: number;
  readonly name: string;
  readonly message: string;
  readonly traceback: readonly string[];
}

export interface RanNotebook {
  /** With the outputs of the cells that ran, and of no others. */
  readonly notebook: Notebook;
  /** Code cells that ran to their end. */
  readonly done: number;
  readonly failed: FailedCell | null;
}

/** The cell is not run; nbclient knows the tag too. */
const SKIPPED = "skip-execution";
/** What it throws ends nothing; nbclient knows the tag too. */
const MAY_FAIL = "raises-exception";

/**
 * Runs all code cells in their order, in a kernel of their own.
 * @throws InputError ERR_LANGUAGE where the cells are not TypeScript; KernelError where the kernel does not start or ends
 */
export async function runNotebook(given: Notebook, options: RunOptions): Promise<RanNotebook> {
  checkLanguage(given, options.path);
  const cells = given.cells.map(cleared);
  const toRun = cells.flatMap((cell, index) => (isRun(cell) ? [{ cell, index }] : []));
  const kernel = await KernelClient.start({
    script: join(packageRoot(), "dist", "kernel.js"),
    cwd: dirname(resolve(options.path)),
    sessionName: resolve(options.path),
  });
  const stop = (): void => void kernel.interrupt().catch(() => kernel.kill());
  const killNow = (): void => kernel.kill();
  options.signal.addEventListener("abort", stop);
  process.once("exit", killNow);
  const shown = new Map<number, CellOutputs>();
  let failed: FailedCell | null = null;
  let done = 0;
  try {
    for (const { cell, index } of toRun) {
      const label = `${cellName(cell, index)}: ${sourceOf(cell).trim().split("\n", 1)[0]}`;
      options.onProgress?.({ stage: "cells", done: shown.size, total: toRun.length, label });
      if (options.signal.aborted) break;
      const outputs = new CellOutputs();
      shown.set(index, outputs);
      const { status, count } = await execute(kernel, cell, outputs);
      cells[index] = { ...cell, execution_count: count };
      if (
        status === "ok" ||
        (status === "error" && hasTag(cell, MAY_FAIL) && !options.signal.aborted)
      )
        done++;
      else {
        failed = failure(cell, index, outputs.outputs);
        break;
      }
    }
    const stable = withStableIds(
      {
        outputs: [...shown.values()].map(({ outputs }) => outputs),
        widgets: kernel.hasEnded ? {} : await kernel.widgets(),
      },
      cells.map(sourceOf),
    );
    [...shown.keys()].forEach((index, i) => {
      cells[index] = { ...cells[index], outputs: stable.outputs[i] };
    });
    const notebook = { ...given, cells, metadata: metadataOf(given, kernel.languageInfo) };
    saveWidgets(notebook, stable.widgets);
    return { notebook, done, failed };
  } finally {
    options.signal.removeEventListener("abort", stop);
    await kernel.end();
    process.off("exit", killNow);
  }
}

/** Runs a cell; the end of the kernel's process is what it failed of. */
async function execute(
  kernel: KernelClient,
  cell: JsonObject,
  outputs: CellOutputs,
): Promise<{ readonly status: string; readonly count: number | null }> {
  const id = typeof cell.id === "string" ? cell.id : null;
  try {
    const { status, executionCount } = await kernel.execute(sourceOf(cell), id, outputs);
    return { status, count: executionCount };
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
    const { name: ename, message: evalue } = error;
    outputs.take("error", { ename, evalue, traceback: [`${ename}: ${evalue}`] });
    return { status: "ended", count: null };
  }
}

const isRun = (cell: JsonObject): boolean =>
  cell.cell_type === "code" && sourceOf(cell).trim() !== "" && !hasTag(cell, SKIPPED);

const cleared = (cell: JsonObject): JsonObject =>
  cell.cell_type === "code" && !hasTag(cell, SKIPPED)
    ? { ...cell, execution_count: null, outputs: [] }
    : cell;

function checkLanguage({ metadata }: Notebook, path: string): void {
  const { kernelspec, language_info: info } = metadata as Readonly<
    Record<string, { readonly name?: unknown; readonly language?: unknown } | undefined>
  >;
  const language = info?.name ?? kernelspec?.language ?? "typescript";
  if (/^typescript$/i.test(String(language))) return;
  throw new InputError(
    "ERR_LANGUAGE",
    `${path}: expected a notebook of TypeScript, got ${JSON.stringify(language)}. Run it with the tools of its own kernel.`,
  );
}

/** What front ends write of the language, with the kernel that a notebook without one now has. */
function metadataOf({ metadata }: Notebook, languageInfo: JsonObject): JsonObject {
  const { widgets: _, ...kept } = metadata;
  const own = { name: "vitrine", display_name: "TypeScript (Vitrine)", language: "typescript" };
  return { kernelspec: own, ...kept, language_info: languageInfo };
}

/** Keeps the widgets' state as the workspace does when it saves. */
function saveWidgets(notebook: Notebook, state: SavedWidgets): void {
  const cells = notebook.cells.map((cell) => ({
    trusted: true,
    outputs: { toJSON: () => (cell.outputs ?? []) as readonly { readonly data?: JsonObject }[] },
  }));
  saveWidgetState(
    { version_major: 2, version_minor: 0, state },
    {
      cells,
      getMetadata: (key) => notebook.metadata[key],
      setMetadata: (key, value) => {
        notebook.metadata[key] = value;
      },
      deleteMetadata: (key) => {
        delete notebook.metadata[key];
      },
    },
  );
}

function failure(cell: JsonObject, index: number, outputs: readonly CellOutput[]): FailedCell {
  const error = outputs.findLast(({ output_type: type }) => type === "error");
  const traceback = error?.traceback;
  return {
    cell: cellName(cell, index),
    index,
    name: String(error?.ename ?? "Error"),
    message: String(error?.evalue ?? "the cell was not run"),
    traceback: Array.isArray(traceback) ? traceback.map(String) : [],
  };
}
