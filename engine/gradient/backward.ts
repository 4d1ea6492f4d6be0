import { checkOptions, checkSignals } from "../base/checkOptions.ts";
import { BackendError, InputError } from "../base/errors.ts";
import { withHostSignal } from "../base/hostSignal.ts";
import { DEFAULT_BUDGET } from "../execute/keptBytes.ts";
import type { ModelDevice } from "../execute/modelDevice.ts";
import { partsOf, type Run } from "../look/run.ts";
import type { RunState } from "../look/runState.ts";
import type { Plan } from "../plan/plan.ts";
import { NO_CHANGES } from "../plan/planChanges.ts";
import { matchSites } from "../plan/sites/matchSites.ts";
import type { Site } from "../plan/sites/site.ts";
import { checkMetric, metricLabel, metricValue } from "../sweep/measuredMetric.ts";
import type { SweepMetric } from "../sweep/sweepMetrics.ts";
import { Tensor } from "../tensor/tensor.ts";
import { type AskedSite, askedSite } from "./askedSite.ts";
import { backwardBytes } from "./backwardBytes.ts";
import { BACKWARD_OPTIONS, type BackwardOptions } from "./backwardOptions.ts";
import { type GradientPath, gradientPath } from "./gradientPath.ts";
import { recordTape } from "./tape.ts";
import type { Floats } from "./vjp.ts";
import { walkBack } from "./walk.ts";
import { weightReader } from "./weightReader.ts";

/** A metric of a run, and its gradient. */
export interface Gradients {
  readonly metric: number;
  /** What was measured. */
  readonly label: string;
  /**
   * By site, with the shape and the axes that `run.get` gives it: how the metric changes with each number there while everything
   * before it stays. Float64. Rows behind the metric's position are zeros.
   */
  readonly gradients: ReadonlyMap<string, Tensor<Float64Array>>;
}

/** What a gradient needs of a model. */
export interface GradientModel {
  readonly device: ModelDevice;
  readonly name: string;
  /** Tokens that go through the model at once. */
  chunkSize(nTokens: number): number;
  tokenText(id: number): string;
}

/**
 * The gradient of a metric at sites of a run: its tokens go through the model once more, then each operator's vector-Jacobian product is
 * taken in float64, the last operator first. Routes, chosen keys and weights are held fixed. Edits of the run are part of the function.
 * @throws InputError ERR_OPTION, ERR_TOKEN_ID, ERR_SELECTION, ERR_GRADIENT, ERR_BUDGET; SiteError ERR_SITE_UNKNOWN;
 * AbortedError ERR_ABORTED; BackendError ERR_NO_GRADIENTS
 */
export async function backward(
  model: GradientModel,
  run: Run,
  options: BackwardOptions,
): Promise<Gradients> {
  checkOptions("backward", options, BACKWARD_OPTIONS);
  checkSignals("backward", options);
  const { state, catalog } = ownParts(model, run);
  const { of: metric, budget = DEFAULT_BUDGET, onProgress } = options;
  const position = checkMetric("backward", metric, state.nTokens);
  checkGradient(metric);
  if (typeof budget !== "number" || !(budget > 0))
    throw wrong("a number of bytes above 0 as budget", budget, "Correct it, or leave it out.");
  const sites = matchSites(checkedNames(options.at), catalog);
  if (sites.length === 0) throw wrong("the names of sites as at", options.at, "Name one.");
  checkEdits(state);
  const asked: AskedSite[] = [];
  const signal = withHostSignal(options.signal);
  const observed = new Set(sites.flatMap(({ needs }) => needs));
  const request = {
    state,
    position,
    observed,
    chunkSize: model.chunkSize(position + 1),
    budget,
    gradientBytes: (ofPlan: Plan, found: GradientPath) =>
      backwardBytes(ofPlan, found, asked, { nTokens: position + 1, ofRun: state.nTokens }),
    ...{ signal, onProgress },
  };
  const { plan, path, tape } = await recordTape(request, (ofPlan) => {
    asked.push(...sites.map((site) => askedSite(ofPlan, site)));
    const found = gradientPath(ofPlan, new Map(asked.map(({ name, site }) => [name, site.name])));
    return { ...found, read: new Set([...found.read, ...asked.flatMap(({ reads }) => reads)]) };
  });
  const value = await metricValue("backward", metric, tape.logits);
  const walked = await walkBack({
    ...{ plan, path, tape, signal, onProgress },
    weights: weightReader(model.device),
    changes: state.edits?.changes ?? NO_CHANGES,
    asked: new Set(asked.map(({ name }) => name)),
    seed: await metricGradient(metric, tape.logits),
  });
  return {
    metric: value,
    label: metricLabel(metric, (id) => model.tokenText(id)),
    gradients: new Map(
      asked.map((one) => [one.site.name, siteTensor(one, walked.get(one.name), state, tape)]),
    ),
  };
}

function ownParts({ device, name }: GradientModel, run: Run) {
  const parts = partsOf(run);
  if (parts.state.device !== device)
    throw wrong(
      `a run of ${name}`,
      `a run of ${run.record.model.name}`,
      "Run the tokens with this model.",
    );
  if (device.backend.readWeight !== undefined) return parts;
  throw new BackendError(
    "ERR_NO_GRADIENTS",
    `backward: expected the backend cpu or reference, got ${device.backend.info.name}. Load the model with { backend: "cpu" }.`,
  );
}

function checkGradient({ gradient }: SweepMetric): void {
  if (typeof gradient === "function") return;
  throw wrong(
    "a metric with a gradient",
    "a metric without",
    "Use logitDifference, logit, logProb or klDivergence, or give yours: Object.assign(metric, { gradient: (row) => ... }).",
  );
}

function checkedNames(at: unknown): string | readonly string[] {
  const isName = (name: unknown) => typeof name === "string" && name.trim() !== "";
  if (isName(at)) return at as string;
  if (Array.isArray(at) && at.length > 0 && at.every(isName)) return at as string[];
  throw wrong("the names of sites as at", at, 'Write "blocks.*.hook_resid_post", or a list.');
}

/** @throws InputError ERR_GRADIENT for edits that are functions: nothing is known of what they make of a change */
function checkEdits({ edits }: RunState): void {
  const [cut] = edits?.cuts ?? [];
  if (cut === undefined) return;
  throw new InputError(
    "ERR_GRADIENT",
    `backward: expected a run whose edits are data, got ${cut.by} at ${cut.target.site.name}. Replace it by replace(site, tensor) with what it made.`,
  );
}

/** (V) @throws InputError ERR_OPTION */
async function metricGradient(metric: SweepMetric, row: Floats): Promise<Float64Array> {
  const gradient = await metric.gradient?.(row);
  const isRow = gradient?.length === row.length;
  if (isRow && Array.prototype.every.call(gradient, Number.isFinite))
    return Float64Array.from(gradient);
  throw wrong(
    `${row.length} finite numbers of the metric's gradient, one for each logit`,
    isRow ? "one that is not finite" : `${gradient?.length ?? "none"}`,
    "Return the derivative with respect to each logit of the row.",
  );
}

/** The site's rows, and zeros behind them: later tokens change nothing at the metric's position. */
function siteTensor(
  { site, read }: AskedSite,
  gradient: Float64Array | undefined,
  { nTokens }: RunState,
  tape: Parameters<AskedSite["read"]>[1],
): Tensor<Float64Array> {
  const shape = shapeOf(site, { nTokens });
  const data = new Float64Array(sizeOf(shape));
  if (gradient === undefined) return new Tensor(data, shape, site.dims);
  if (site.source.kind === "logits") data.set(gradient, (tape.nTokens - 1) * gradient.length);
  else if (site.dims.includes("S")) spreadMaps(read(gradient, tape), data, tape.nTokens, nTokens);
  else data.set(read(gradient, tape));
  return new Tensor(data, shape, site.dims);
}

function shapeOf({ shape }: Site, { nTokens }: Pick<RunState, "nTokens">): number[] {
  return shape.map((axis) => (typeof axis === "number" ? axis : nTokens));
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}

/** (H, n, n) into (H, T, T). */
function spreadMaps(maps: Float64Array, into: Float64Array, n: number, nTokens: number): void {
  for (let row = 0; row < maps.length / n; row++) {
    const [head, t] = [Math.floor(row / n), row % n];
    into.set(maps.subarray(row * n, (row + 1) * n), (head * nTokens + t) * nTokens);
  }
}

function wrong(expected: string, got: unknown, fix: string): InputError {
  const shown = typeof got === "string" ? got : (JSON.stringify(got) ?? typeof got);
  return new InputError("ERR_OPTION", `backward: expected ${expected}, got ${shown}. ${fix}`);
}
