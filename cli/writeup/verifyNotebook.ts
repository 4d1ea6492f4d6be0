import { InputError } from "../../engine/base/errors.ts";
import { isObject, type JsonObject } from "../../kernel/server/contents/jsonObject.ts";
import type { Notebook } from "../../kernel/server/contents/notebookFormat.ts";
import { cellName, hasTag, outputsOf } from "./cells.ts";
import { type Compared, compareOutputs } from "./compare/compareOutputs.ts";
import { widgetStates } from "./compare/widgetStates.ts";
import { type RanNotebook, type RunOptions, runNotebook } from "./runNotebook.ts";

export interface VerifyOptions extends RunOptions {
  /** Largest relative difference of numbers; 0 asks for the same characters and bytes. */
  readonly tolerance: number;
}

/** A part of a cell's output, compared. */
export interface Finding extends Compared {
  /** The cell as a sentence names it. */
  readonly cell: string;
}

export interface Verified {
  readonly findings: readonly Finding[];
  /** Cells with outputs that were declared volatile, and not compared. */
  readonly volatile: number;
  /** Bytes in the state of widgets that a tolerance leaves out: it is of numbers in text. */
  readonly bytesLeftOut: number;
  /** The cell that failed; those behind it were not compared. */
  readonly failed: RanNotebook["failed"];
}

/**
 * Runs a notebook again and compares what its cells show with what it has.
 * @throws InputError ERR_NOT_RUN where it has no outputs; as `runNotebook`
 */
export async function verifyNotebook(saved: Notebook, options: VerifyOptions): Promise<Verified> {
  if (!saved.cells.some((cell) => outputsOf(cell).length > 0))
    throw new InputError(
      "ERR_NOT_RUN",
      `${options.path}: expected a notebook with outputs to compare, got none. Run it first: vitrine run --in-place`,
    );
  const ran = await runNotebook(saved, options);
  return {
    ...compareNotebooks(saved, ran.notebook, options.tolerance, ran.failed?.index),
    failed: ran.failed,
  };
}

/** @param last index of the last cell that is compared */
export function compareNotebooks(
  saved: Notebook,
  now: Notebook,
  tolerance: number,
  last = saved.cells.length - 1,
): Omit<Verified, "failed"> {
  const findings: Finding[] = [];
  let volatile = 0;
  let bytesLeftOut = 0;
  const ofSaved = (bytes: Uint8Array): Uint8Array => {
    if (tolerance === 0) return bytes;
    bytesLeftOut += bytes.byteLength;
    return NO_BYTES;
  };
  const before = widgetStates(saved, ofSaved);
  const after = widgetStates(now, (bytes) => (tolerance === 0 ? bytes : NO_BYTES));
  for (const [index, cell] of saved.cells.slice(0, last + 1).entries()) {
    if (cell.cell_type !== "code") continue;
    if (isVolatile(cell)) {
      if (outputsOf(cell).length > 0) volatile++;
      continue;
    }
    const again = { cell: now.cells[index] ?? {}, states: after };
    for (const compared of compareOutputs({ cell, states: before }, again, tolerance))
      findings.push({ cell: cellName(cell, index), ...compared });
  }
  return { findings, volatile, bytesLeftOut };
}

const NO_BYTES = new Uint8Array(0);

/** Whether what a cell shows is not the same each time: it has the tag `volatile`, or says so in `metadata.vitrine`. */
function isVolatile(cell: JsonObject): boolean {
  const { vitrine } = isObject(cell.metadata) ? cell.metadata : {};
  return hasTag(cell, "volatile") || (isObject(vitrine) && vitrine.volatile === true);
}
