import { basename } from "node:path";
import { editRecords } from "../act/editRecords.ts";
import type { BackendName } from "../backend/backend.ts";
import { openBackend } from "../backend/openBackend.node.ts";
import { checkOptions, type OptionNames } from "../base/checkOptions.ts";
import { BackendError } from "../base/errors.ts";
import { editedPlans } from "../execute/editedPlans.ts";
import { ModelDevice } from "../execute/modelDevice.ts";
import { planOfBody } from "../execute/programHead.ts";
import type { StepTaken } from "../execute/stepTaken.ts";
import { TensorGroup } from "../execute/tensorGroup.ts";
import { moeLayers, readRouting } from "../look/readRouting.ts";
import { Run } from "../look/run.ts";
import type { RunState } from "../look/runState.ts";
import { routeValues } from "../plan/keptValues.ts";
import { type HostArray, Tensor } from "../tensor/tensor.ts";
import { type RunRecordRead, readRunRecord } from "./readRunRecord.node.ts";
import { malformed, notRecorded } from "./recordErrors.ts";
import { RecordedModel } from "./recordedModel.ts";
import { recordedSupply } from "./recordedSupply.node.ts";
import { OWN } from "./tensorNames.ts";

/** How a record is opened. */
export interface LoadRunOptions {
  /**
   * Where maps of attention are recomputed. Default: "reference" for a run of that backend, else "cpu" with one thread. With the backend
   * of the run they have its bits, on webgpu with its adapter too; with another they are as near as two backends are.
   */
  readonly backend?: BackendName;
}

const LOAD_RUN_OPTIONS: OptionNames<LoadRunOptions> = { backend: true };

/**
 * A run that `run.save` wrote, without its model: pictures, sites, routes and costs come from the record, which is checked against its
 * hashes first. What was not put into it is refused by name. `dispose` frees what it holds.
 * @throws RecordError ERR_RECORD, ERR_RECORD_ALTERED, ERR_RECORD_MISSING, ERR_RECORD_VERSION; WeightsError; InputError ERR_OPTION; BackendError
 */
export async function loadRun(folder: string, options: LoadRunOptions = {}): Promise<Run> {
  checkOptions("loadRun", options, LOAD_RUN_OPTIONS);
  const read = await readRunRecord(folder);
  const isReference = read.content.backend.name === "reference";
  const { backend: name = isReference ? "reference" : "cpu" } = options;
  const { backend } = await openBackend(name, name === "cpu" ? { threads: 1 } : {});
  let isLive = true;
  const assertLive = () => {
    if (isLive) return;
    throw new BackendError(
      "ERR_DISPOSED",
      `${folder}: expected a live record, got one after dispose(). Load it again.`,
    );
  };
  const { spec } = read.content.model;
  const device = new ModelDevice({ backend, spec, weights: read.weights, assertLive });
  const dispose = () => {
    if (!isLive) return;
    isLive = false;
    device.freeAll();
    backend.dispose();
  };
  try {
    return await runOf(read, device, dispose);
  } catch (error) {
    dispose();
    throw error;
  }
}

async function runOf(read: RunRecordRead, device: ModelDevice, dispose: () => void): Promise<Run> {
  const { content, tensors, tokens, edits, catalog } = read;
  const logits = await rowsOfLogits(read);
  const state: RunState = {
    device,
    ids: tokens.map(({ id }) => id),
    nTokens: tokens.length,
    steps: await stepsWithTimes(read, device),
    rejectedRoutes: (await tensors.read(OWN.rejectedRoutes)).data as Int32Array,
    edits,
    rows: content.sizes.rows,
    storage: new TensorGroup(device),
    captured: new Set(),
    logits,
    logProbs: (await tensors.read(OWN.logProbs)).data,
    firstScored: content.prompt_logprobs ? 1 : content.sizes.n_prompt,
  };
  const supply = recordedSupply(state, tensors);
  const routes = moeLayers(state).flatMap(routeValues);
  const hasRoutes = routes.every((value) => tensors.has(value));
  if (hasRoutes) await supply.bring({ capture: new Set(routes) }, []);
  const refuse = (what: string, fix: string) => async () => {
    throw notRecorded(what, { expected: "a run of a model", got: "one of a record", fix });
  };
  return new Run({
    ...{ state, catalog, supply },
    model: new RecordedModel(content, { location: read.location, texts: read.texts, dispose }),
    record: {
      runId: content.run_id,
      model: content.model.record,
      backend: content.backend,
      tokens,
      ...(!content.prompt_logprobs && { promptLogprobs: false as const }),
      ...(edits !== null && { edits: editRecords(edits.touched, tokens.length) }),
    },
    routing: hasRoutes ? await readRouting(state) : null,
    keep: content.keep,
    logits: keptLogits(read, logits),
    logitRows: content.logit_rows,
    floatDType: content.backend.name === "reference" ? "f64" : "f32",
    operatorTimes: content.operator_times,
    made: madeOf(content),
    save: refuse("run.save", "Copy the record's folder."),
    release: dispose,
    again: refuse("run.again", "Load the model, and use model.run or replayRecord."),
  });
}

function madeOf(content: RunRecordRead["content"]) {
  const { made_by: by, prompt, options, eos_ids: eosIds, observed, sizes, batch, source } = content;
  return {
    ...{ by, options, eosIds, observed, source, origin: () => prompt },
    ...{ nPrompt: sizes.n_prompt, capacity: sizes.capacity, chunkSize: sizes.chunk_size },
    batch: batch && {
      index: batch.index,
      nPrompts: batch.n_prompts,
      atOnce: batch.at_once,
      sharePrefix: batch.share_prefix,
    },
  };
}

/** Rows by their positions. */
async function rowsOfLogits({ content, tensors, positions }: RunRecordRead) {
  const { nVocab } = content.model.spec;
  const all = (await tensors.read(OWN.logits)).data;
  const row = (i: number) => all.subarray(i * nVocab, (i + 1) * nVocab) as HostArray;
  return new Map(positions.map((position, i) => [position, row(i)]));
}

function keptLogits({ content }: RunRecordRead, logits: ReadonlyMap<number, HostArray>): Tensor {
  const { nVocab } = content.model.spec;
  const rows = content.logit_rows.map((position) => logits.get(position) as HostArray);
  const Numbers = content.backend.name === "reference" ? Float64Array : Float32Array;
  const data = new Numbers(rows.length * nVocab);
  rows.forEach((row, i) => {
    data.set(row, i * nVocab);
  });
  return new Tensor(data, [rows.length, nVocab], ["T", "V"]);
}

/** Steps with what was measured of their operators, in the plans that they were executed by. */
async function stepsWithTimes(
  { steps, tensors, edits, content, record }: RunRecordRead,
  device: ModelDevice,
): Promise<StepTaken[]> {
  const observed = new Set(content.observed);
  const edited = edits && editedPlans(edits, observed);
  const taken: StepTaken[] = [];
  for (const [i, { step, startedAtMs }] of steps.entries()) {
    if (startedAtMs === null) {
      taken.push(step);
      continue;
    }
    const whole = edited?.(step.form) ?? device.plans.forward({ form: step.form, observed });
    const plan = step.headRows === 0 ? planOfBody(whole) : whole;
    const startNs = (await tensors.read(OWN.times(i, "start_ns"))).data as Float64Array;
    const durationNs = (await tensors.read(OWN.times(i, "duration_ns"))).data as Float64Array;
    if (startNs.length !== plan.ops.length || durationNs.length !== plan.ops.length)
      throw malformed(`${basename(record.folder)}: ${OWN.times(i, "duration_ns")}`, {
        expected: `times of ${plan.ops.length} operators`,
        got: String(durationNs.length),
        fix: "The record is of another version of the engine's plans; save the run again.",
      });
    taken.push({ ...step, profile: { plan, startedAtMs, times: { startNs, durationNs } } });
  }
  return taken;
}
