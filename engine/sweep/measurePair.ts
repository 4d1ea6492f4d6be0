import type { CompiledEdits } from "../act/compileEdits.ts";
import { InputError } from "../base/errors.ts";
import { Execution } from "../execute/execution.ts";
import { LogitRows } from "../execute/logitRows.ts";
import type { ModelDevice } from "../execute/modelDevice.ts";
import { prefill } from "../execute/prefill.ts";
import { enteringValues, type PlainPass, resumedLogits } from "../execute/resumedLogits.ts";
import type { ResumedPlans } from "../execute/resumedPlans.ts";
import { TensorGroup } from "../execute/tensorGroup.ts";
import type { HostArray } from "../tensor/tensor.ts";
import type { SweepMetric } from "./sweepMetrics.ts";

/** One prompt of a sweep, with the edits of every cell. */
export interface PairToMeasure {
  readonly ids: readonly number[];
  readonly metric: SweepMetric;
  readonly chunkSize: number;
  readonly plans: ResumedPlans;
  readonly cells: readonly CompiledEdits[];
  readonly signal: AbortSignal | undefined;
  readonly onCell: (cell: number) => void;
}

/** The metric without edits, and with those of each cell. Nothing stays on the device. */
export async function measurePair(
  device: ModelDevice,
  pair: PairToMeasure,
): Promise<{ readonly baseline: number; readonly values: Float64Array }> {
  const { ids, metric, plans, cells, signal } = pair;
  const given = metric.position ?? -1;
  const position = given < 0 ? ids.length + given : given;
  const storage = new TensorGroup(device);
  try {
    const { plain, row } = await plainPass(device, pair, position, storage);
    const baseline = await measured(metric, row);
    const values = new Float64Array(cells.length);
    for (const [cell, edits] of cells.entries()) {
      const edited = await resumedLogits(device, { plans, plain, edits }, position, signal);
      values[cell] = await measured(metric, edited);
      pair.onCell(cell);
    }
    return { baseline, values };
  } finally {
    storage.freeAll();
  }
}

/** Runs the prompt without edits, and puts what passes with edits go on from into `storage`. */
async function plainPass(
  device: ModelDevice,
  { ids, cells, chunkSize, plans, signal }: PairToMeasure,
  position: number,
  storage: TensorGroup,
): Promise<{ readonly plain: PlainPass; readonly row: HostArray }> {
  const capture = new Set(cells.flatMap((edits) => enteringValues(plans, edits)));
  const length = { capacity: ids.length, nPrompt: ids.length };
  const rows = Math.min(chunkSize, ids.length);
  const execution = new Execution(device, { ...length, rows, capture });
  try {
    const logits = LogitRows.ofRun([position], device.spec.nVocab, ids.length);
    await prefill(device, execution, ids, logits, { chunkSize, signal });
    for (const name of capture) execution.storage.give(name, storage);
    const plain = { ids, steps: [...execution.steps], storage };
    return { plain, row: logits.get(position) as HostArray };
  } finally {
    execution.dispose();
  }
}

async function measured(metric: SweepMetric, row: HostArray): Promise<number> {
  const value: unknown = await metric(row);
  if (typeof value === "number" && !Number.isNaN(value)) return value;
  throw new InputError(
    "ERR_OPTION",
    `sweep metric: expected a number, got ${String(value)}. Return one for each row of logits.`,
  );
}
