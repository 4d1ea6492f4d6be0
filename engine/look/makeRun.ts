import type { EditRequest } from "../act/edit.ts";
import { editRecords } from "../act/editRecords.ts";
import { editsAgain } from "../act/editsAgain.ts";
import type { DeviceDType } from "../backend/deviceTensor.ts";
import type { BatchedExecution } from "../execute/batchedExecution.ts";
import type { Execution } from "../execute/execution.ts";
import { joinRows, type LogitRows } from "../execute/logitRows.ts";
import type { ModelDevice } from "../execute/modelDevice.ts";
import type { Site } from "../plan/sites/site.ts";
import { siteCatalog } from "../plan/sites/siteCatalog.ts";
import { type HostArray, Tensor } from "../tensor/tensor.ts";
import { readRouting } from "./readRouting.ts";
import { replaySupply } from "./replaySupply.ts";
import { type AgainOptions, Run, type RunParts, type SaveRun } from "./run.ts";
import type { RunMade } from "./runMade.ts";
import type { RunModel } from "./runModel.ts";
import type { RunState } from "./runState.ts";
import {
  type GeneratedNote,
  type TokenNames,
  type TokenSpan,
  tokenRecords,
} from "./tokenRecords.ts";

/** A sequence that was executed to its end, and the model that it came from. */
export interface ExecutedSequence {
  readonly model: RunModel;
  readonly device: ModelDevice;
  /** The model's sites. */
  readonly catalog: readonly Site[];
  readonly floatDType: DeviceDType;
  /** Null: tokens have ids alone. */
  readonly tokenizer: TokenNames | null;
  readonly execution: Execution | BatchedExecution;
  /** The prompt's, then those that were generated. */
  readonly ids: readonly number[];
  /** Rows that the run keeps; those that are missing are read. */
  readonly logits: LogitRows;
  readonly generated?: readonly GeneratedNote[] | undefined;
  /** Of tools, ascending. */
  readonly calls: readonly TokenSpan[];
  /** What times of operators are measured with. */
  readonly operatorTimes: RunParts["operatorTimes"];
  readonly made: RunMade;
  /** Null where nothing was said of how runs are saved. */
  readonly save: SaveRun | null;
  /** Runs the ids once more, with these edits. */
  readonly again: (edits: readonly EditRequest[], options: AgainOptions) => Promise<Run>;
}

/** Reads what an executed sequence leaves on the host, and lets go of what it needs no more: its run. */
export async function makeRun(sequence: ExecutedSequence): Promise<Run> {
  const { model, device, execution, ids, again } = sequence;
  const { tokenizer, generated, calls, floatDType, operatorTimes, made, save } = sequence;
  const { nPrompt } = made;
  const { storage, steps, edits, promptLogprobs } = execution;
  const firstScored = promptLogprobs ? 1 : nPrompt;
  const kept = await keptLogits(sequence);
  const logProbs = await execution.logProbs();
  await execution.captureDrafts(ids);
  const rejectedRoutes = await execution.rejectedRoutes();
  execution.finish(ids);
  const state: RunState = {
    ...{ device, ids, steps, rejectedRoutes, edits, storage, logProbs, firstScored },
    nTokens: ids.length,
    rows: execution.rows,
    captured: new Set(execution.capture),
    logits: kept.byPosition,
  };
  const hasRoutes = execution.keep !== "nothing" || model.record.moeLayers.length === 0;
  const routing = hasRoutes ? await readRouting(state) : null;
  const { name, device: deviceName, driver, arithmetic } = model.backend;
  const places = { nPrompt, logProbs, firstScored };
  return new Run({
    ...{ model, state, routing },
    catalog: edits === null ? sequence.catalog : siteCatalog(edits.spec, edits.observed),
    record: {
      runId: crypto.randomUUID(),
      model: model.record,
      backend: { name, device: deviceName, driver, arithmetic },
      tokens: tokenRecords(ids, places, tokenizer, generated, calls),
      ...(!promptLogprobs && { promptLogprobs: false as const }),
      ...(edits !== null && { edits: editRecords(edits.touched, ids.length) }),
    },
    keep: execution.keep,
    logits: kept.tensor,
    logitRows: [...kept.byPosition.keys()],
    ...{ floatDType, operatorTimes, made, save, supply: replaySupply(state) },
    release: () => storage.freeAll(),
    again: (more, options) =>
      again([...editsAgain(edits?.touched ?? [], ids.length), ...more], options),
  });
}

/** The rows asked for, in one array, and where each of them stands in it. */
async function keptLogits({ device, execution, ids, logits, floatDType }: ExecutedSequence) {
  const { nVocab } = device.spec;
  const positions = logits.positions(ids.length);
  const missing = positions.filter((position) => logits.get(position) === undefined);
  if (missing.length > 0) logits.add(0, missing, await execution.readLogits(missing));
  const rows = positions.map((position) => logits.get(position) as HostArray);
  const data = joinRows(rows, floatDType === "f64" ? "f64" : "f32", nVocab);
  const view = (i: number) => data.subarray(i * nVocab, (i + 1) * nVocab) as HostArray;
  return {
    tensor: new Tensor(data, [positions.length, nVocab], ["T", "V"]),
    byPosition: new Map(positions.map((position, i) => [position, view(i)])),
  };
}
