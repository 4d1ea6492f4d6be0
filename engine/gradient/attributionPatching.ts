import { checkOptions, checkSignals, type OptionNames } from "../base/checkOptions.ts";
import { InputError } from "../base/errors.ts";
import type { ProgressListener } from "../base/progress.ts";
import { watchOf } from "../base/watchOf.ts";
import { partsOf, type Run } from "../look/run.ts";
import { findSite } from "../plan/sites/matchSites.ts";
import type { Site } from "../plan/sites/site.ts";
import { cellsOf, type SweepAxis, type SweepIndex, sweepAxes } from "../sweep/sweepAxes.ts";
import { SweepEffects } from "../sweep/sweepEffects.ts";
import type { SweepMetric } from "../sweep/sweepMetrics.ts";
import type { SweepGrid } from "../sweep/sweepOptions.ts";
import { Tensor } from "../tensor/tensor.ts";
import { backward, type GradientModel } from "./backward.ts";
import { at } from "./vjp.ts";

/** What `model.attributionPatching` estimates. */
export interface AttributionPatchingOptions {
  /** As of `model.sweep`: a site, and the layers, positions and heads to go over. */
  readonly grid: SweepGrid;
  /** A metric with a gradient, such as `logitDifference(a, b)`. */
  readonly metric: SweepMetric;
  /** As of `model.backward`. */
  readonly budget?: number;
  /** Checked as in `model.backward`, and as by `run.capture`. */
  readonly signal?: AbortSignal;
  readonly onProgress?: ProgressListener;
}

const OPTIONS: OptionNames<AttributionPatchingOptions> = {
  grid: true,
  metric: true,
  budget: true,
  signal: true,
  onProgress: true,
};

/**
 * A linear estimate of what `model.sweep` measures with `patch(at.site, clean)` in each cell over the corrupted prompt: the sum over the
 * cell of (clean - corrupted) times the gradient of the metric in the corrupted run.
 * @see N. Nanda, "Attribution Patching", 2023; arXiv:2310.10348
 * @throws as `model.backward`; InputError ERR_SELECTION for runs of different lengths, and for maps of attention
 */
export async function attributionPatching(
  model: GradientModel,
  clean: Run,
  corrupted: Run,
  options: AttributionPatchingOptions,
): Promise<SweepEffects> {
  checkOptions("attributionPatching", options, OPTIONS);
  checkSignals("attributionPatching", options);
  const { grid, metric, budget } = options;
  const [nClean, nTokens] = [clean.tokens.length, corrupted.tokens.length];
  if (nClean !== nTokens)
    throw new InputError(
      "ERR_SELECTION",
      `attributionPatching: expected runs of one length, got ${nClean} and ${nTokens} tokens. Write prompts whose tokens stand at the same positions.`,
    );
  const { catalog } = partsOf(corrupted);
  const texts = corrupted.tokens.map(({ id }) => model.tokenText(id));
  const axes = sweepAxes(grid, catalog, [texts]);
  const cells = cellsOf(axes);
  const siteOf = ({ layer }: SweepIndex): Site =>
    findSite(
      layer === undefined ? grid.site : grid.site.replaceAll("{layer}", String(layer)),
      catalog,
    );
  const sites = [...new Set(cells.map(siteOf))];
  for (const site of sites) checkRows(site);
  const names = sites.map(({ name }) => name);
  const watch = watchOf(options);
  const given = { ...watch, of: metric, at: names, ...(budget !== undefined && { budget }) };
  const { metric: baseline, label, gradients } = await backward(model, corrupted, given);
  await Promise.all([clean.capture(names, watch), corrupted.capture(names, watch)]);
  const shares = new Map<string, Tensor<Float64Array>>();
  for (const name of names) {
    const [from, into, gradient] = [
      await clean.get(name),
      await corrupted.get(name),
      gradients.get(name),
    ];
    if (gradient === undefined) throw new Error(`${name} has no gradient`);
    checkShape(name, from, gradient);
    const data = gradient.data.map((g, i) => g * (at(from.data, i) - at(into.data, i)));
    shares.set(name, new Tensor(data, gradient.shape, gradient.dims));
  }
  const effects = Float64Array.from(cells, (cell) =>
    sumOf(shares.get(siteOf(cell).name), cell, nTokens),
  );
  return effectsOf({ axes, effects, baseline, site: grid.site, label });
}

function checkRows({ name, dims }: Site): void {
  if (dims[0] === "T") return;
  throw new InputError(
    "ERR_SELECTION",
    `attributionPatching: expected a site with a row for each token, got ${name} (${dims.join(", ")}). Take its gradient with model.backward.`,
  );
}

function checkShape(name: string, clean: Tensor, gradient: Tensor): void {
  if (clean.shape.join() === gradient.shape.join()) return;
  throw new InputError(
    "ERR_SELECTION",
    `attributionPatching: expected ${name} of ${gradient} in both runs, got ${clean} in the clean one. Pass runs of models with equal shapes.`,
  );
}

/** The sum over a cell of a site's shares, (T, ...) or (T, H, ...). */
function sumOf(
  shares: Tensor<Float64Array> | undefined,
  { position, head }: SweepIndex,
  nTokens: number,
): number {
  if (shares === undefined) throw new Error("a cell has no site");
  const rows = position === undefined ? Array.from({ length: nTokens }, (_, t) => t) : [position];
  return rows.reduce((sum, t) => {
    const { data } = head === undefined ? shares.row(t) : shares.row(t, head);
    return data.reduce((total, x) => total + x, sum);
  }, 0);
}

interface Estimated {
  readonly axes: readonly SweepAxis[];
  readonly effects: Float64Array;
  readonly baseline: number;
  readonly site: string;
  readonly label: string;
}

function effectsOf({ axes, effects, baseline, site, label }: Estimated): SweepEffects {
  const [shape, dims] = [axes.map(({ values }) => values.length), axes.map(({ name }) => name)];
  return new SweepEffects({
    ...{ provenance: "estimated", site, axes, interval: null, p: null },
    metric: `${label}, estimated by its gradient`,
    baselines: Float64Array.of(baseline),
    effects: new Tensor(effects, shape, dims),
    perPair: new Tensor(effects, [1, ...shape], ["pair", ...dims]),
  });
}
