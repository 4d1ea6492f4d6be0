import type { CompiledEdits } from "../act/compileEdits.ts";
import { Execution } from "../execute/execution.ts";
import { LogitRows } from "../execute/logitRows.ts";
import type { ModelDevice } from "../execute/modelDevice.ts";
import { prefill } from "../execute/prefill.ts";
import { enteringValues, type PlainPass, resumedLogits } from "../execute/resumedLogits.ts";
import type { ResumedPlans } from "../execute/resumedPlans.ts";
import { ResumedRunners } from "../execute/resumedRunners.ts";
import type { StepTaken } from "../execute/stepTaken.ts";
import { TensorGroup } from "../execute/tensorGroup.ts";
import type { HostArray } from "../tensor/tensor.ts";
import { checkMetric, metricValue } from "./measuredMetric.ts";
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
  const position = checkMetric("sweep", metric, ids.length);
  const storage = new TensorGroup(device);
  let runners: ResumedRunners | null = null;
  const isResumed = ({ cuts }: CompiledEdits) => cuts.length === 0;
  try {
    const entering = cells.filter(isResumed).flatMap((edits) => enteringValues(plans, edits));
    const kept = { capture: new Set(entering), storage };
    const { steps, row } = await wholePass(device, pair, position, { edits: null, ...kept });
    const plain: PlainPass = { ids, steps, storage };
    const baseline = await metricValue("sweep", metric, row);
    const values = new Float64Array(cells.length);
    const rows = Math.max(...steps.map(({ nTokens }) => nTokens));
    runners = new ResumedRunners(device, plans, { capacity: ids.length, rows });
    for (const [cell, edits] of cells.entries()) {
      if (!isResumed(edits)) runners.dispose(); // a whole pass has buffers of its own
      const edited = isResumed(edits)
        ? await resumedLogits(device, { runners, plain, edits }, position, signal)
        : (await wholePass(device, pair, position, { edits })).row;
      values[cell] = await metricValue("sweep", metric, edited);
      pair.onCell(cell);
    }
    return { baseline, values };
  } finally {
    runners?.dispose();
    storage.freeAll();
  }
}

interface Pass {
  readonly edits: CompiledEdits | null;
  /** Values that go into `storage`, beside the caches. */
  readonly capture?: ReadonlySet<string>;
  readonly storage?: TensorGroup;
}

/** Executes everything: once for what cells have in common, and where functions of the host take part. */
async function wholePass(
  device: ModelDevice,
  { ids, chunkSize, signal }: PairToMeasure,
  position: number,
  { edits, capture = new Set(), storage }: Pass,
): Promise<{ readonly steps: readonly StepTaken[]; readonly row: HostArray }> {
  const length = { capacity: ids.length, nPrompt: ids.length };
  const rows = Math.min(chunkSize, ids.length);
  const execution = new Execution(device, { ...length, rows, keep: "nothing", capture, edits });
  try {
    const logits = LogitRows.ofRun([position], device.spec.nVocab, ids.length);
    await prefill(device, execution, ids, logits, { chunkSize, signal });
    const steps = [...execution.steps];
    if (storage !== undefined) {
      execution.finish(null);
      for (const name of execution.storage.names()) execution.storage.give(name, storage);
    }
    return { steps, row: logits.get(position) as HostArray };
  } finally {
    execution.dispose();
  }
}
