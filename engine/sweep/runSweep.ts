import { type CompiledEdits, compileEdits } from "../act/compileEdits.ts";
import type { EditedModel } from "../act/editedModel.ts";
import { resolveEdits } from "../act/resolveEdits.ts";
import { breathe } from "../base/breathe.ts";
import { checkOptions, checkSignals } from "../base/checkOptions.ts";
import { AbortedError, InputError } from "../base/errors.ts";
import { withHostSignal } from "../base/hostSignal.ts";
import type { ModelDevice } from "../execute/modelDevice.ts";
import { ResumedPlans } from "../execute/resumedPlans.ts";
import { Tensor } from "../tensor/tensor.ts";
import { checkMetric, metricsLabel } from "./measuredMetric.ts";
import { measurePair } from "./measurePair.ts";
import { bootstrapIntervals, correctedP } from "./pairStatistics.ts";
import { cellsOf, type SweepAxis, type SweepIndex, sweepAxes } from "./sweepAxes.ts";
import { SweepEffects } from "./sweepEffects.ts";
import type { SweepMetric } from "./sweepMetrics.ts";
import {
  SWEEP_OPTIONS,
  type SweepAxisName,
  type SweepOptions,
  type SweepPair,
  type SweepPlace,
} from "./sweepOptions.ts";

/** What a sweep needs of a model. */
export interface SweepModel {
  readonly device: ModelDevice;
  readonly edited: EditedModel;
  /** Tokens of one pair's prompt that go through the model at once. */
  chunkSize(nTokens: number): number;
  tokenText(id: number): string;
}

/** A pair with its tokens. */
export interface SweepPrompt<Pair> {
  readonly pair: Pair;
  readonly ids: readonly number[];
}

/** @throws InputError ERR_OPTION, ERR_SELECTION, ERR_EDIT; SiteError ERR_SITE_UNKNOWN; AbortedError ERR_ABORTED; BackendError */
export async function runSweep<Axis extends SweepAxisName, Pair extends SweepPair>(
  model: SweepModel,
  prompts: readonly SweepPrompt<Pair>[],
  options: SweepOptions<Axis, Pair>,
): Promise<SweepEffects> {
  checkOptions("sweep", options, SWEEP_OPTIONS);
  checkSignals("sweep", options);
  const { grid, edit, resamples = 2000, seed = 0, onProgress } = options;
  if (typeof edit !== "function")
    throw wrong("a function as edit", edit, "Write (at) => zero(...).");
  if (!Number.isInteger(resamples) || resamples < 1)
    throw wrong("a whole number from 1 as resamples", resamples, "Correct it.");
  if (!Number.isSafeInteger(seed) || seed < 0)
    throw wrong("a whole number from 0 as seed", seed, "Correct it.");
  const metrics = prompts.map(({ pair, ids }) => {
    const metric = pair.metric ?? options.metric;
    checkMetric("sweep", metric, ids.length);
    return metric as SweepMetric;
  });
  const texts = prompts.map(({ ids }) => ids.map((id) => model.tokenText(id)));
  const axes = sweepAxes(grid, model.edited.sites, texts);
  const cells = cellsOf(axes);
  const signal = withHostSignal(options.signal);
  const plans = new ResumedPlans(model.device.spec);
  const effects = new Float64Array(prompts.length * cells.length);
  const baselines = new Float64Array(prompts.length);
  for (const [index, { pair, ids }] of prompts.entries()) {
    const compiled: CompiledEdits[] = [];
    for (const cell of cells) {
      if (signal?.aborted) throw new AbortedError(undefined, { cause: signal.reason });
      const at = placeOf(grid.site, cell, ids.length) as SweepPlace<Axis>;
      compiled.push(await compiledCell(model.edited, [edit(at, pair)].flat(), ids, nameOf(cell)));
      if (compiled.length % 64 === 0) await breathe();
    }
    const measured = await measurePair(model.device, {
      ids,
      metric: metrics[index] as SweepMetric,
      chunkSize: model.chunkSize(ids.length),
      plans,
      cells: compiled,
      signal,
      onCell: (cell) =>
        onProgress?.({
          stage: "sweep",
          done: index * cells.length + cell + 1,
          total: effects.length,
          label: nameOf(cells[cell] ?? {}),
        }),
    });
    baselines[index] = measured.baseline;
    measured.values.forEach((value, cell) => {
      effects[index * cells.length + cell] = value - measured.baseline;
    });
  }
  const metric = metricsLabel(metrics, (id) => model.tokenText(id));
  return summarised({ axes, effects, baselines, resamples, seed, site: grid.site, metric });
}

interface Measured {
  readonly axes: readonly SweepAxis[];
  readonly effects: Float64Array; // (pairs, cells)
  readonly baselines: Float64Array;
  readonly resamples: number;
  readonly seed: number;
  readonly site: string;
  readonly metric: string;
}

function summarised(measured: Measured): SweepEffects {
  const { axes, effects, baselines, resamples, seed, site, metric } = measured;
  const nPairs = baselines.length;
  const nCells = effects.length / nPairs;
  const [shape, dims] = [axes.map(({ values }) => values.length), axes.map(({ name }) => name)];
  const tensor = (data: Float64Array) => new Tensor(data, shape, dims);
  const means = new Float64Array(nCells);
  for (let pair = 0; pair < nPairs; pair++)
    for (let cell = 0; cell < nCells; cell++)
      means[cell] = (means[cell] as number) + (effects[pair * nCells + cell] as number) / nPairs;
  const paired = nPairs < 2 ? null : { effects, nPairs, resamples, seed };
  const interval = paired && bootstrapIntervals(paired);
  return new SweepEffects({
    ...{ provenance: "measured", site, metric, axes, baselines },
    effects: tensor(means),
    perPair: new Tensor(effects, [nPairs, ...shape], ["pair", ...dims]),
    interval: interval && { low: tensor(interval.low), high: tensor(interval.high) },
    p: paired && tensor(correctedP(paired)),
  });
}

function placeOf(site: string, cell: SweepIndex, nTokens: number) {
  const { layer, position } = cell;
  return {
    ...cell,
    ...(position !== undefined && { position: position < 0 ? nTokens + position : position }),
    site: layer === undefined ? site : site.replaceAll("{layer}", String(layer)),
  };
}

/** "layer 3, position 5" */
const nameOf = (cell: SweepIndex): string =>
  Object.entries(cell)
    .map(([name, index]) => `${name} ${index}`)
    .join(", ");

/** @throws InputError ERR_EDIT that says which cell's edits are wrong */
async function compiledCell(
  edited: EditedModel,
  requests: Parameters<typeof resolveEdits>[0],
  ids: readonly number[],
  name: string,
): Promise<CompiledEdits> {
  try {
    const edits = await resolveEdits(requests, edited);
    if (edits.length === 0)
      throw new InputError("ERR_EDIT", "edits: expected at least one, got none. Return an edit.");
    return compileEdits(edits, edited, { nPrompt: ids.length, capacity: ids.length });
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(error.code, `sweep at ${name}: ${error.message}`, { cause: error });
  }
}

function wrong(expected: string, got: unknown, fix: string): InputError {
  const shown = JSON.stringify(got) ?? (got === undefined ? "nothing" : typeof got);
  return new InputError("ERR_OPTION", `sweep: expected ${expected}, got ${shown}. ${fix}`);
}
