import type { Tensor } from "../tensor/tensor.ts";
import type { SweepAxis } from "./sweepAxes.ts";

/** Where the mean effect of more prompts of this kind would lie. */
export interface SweepInterval {
  readonly low: Tensor<Float64Array>;
  readonly high: Tensor<Float64Array>;
}

/** Whether every effect was measured by carrying the edit out, or estimated by a gradient. */
export type SweepProvenance = "measured" | "estimated";

export interface SweepEffectsParts {
  readonly provenance: SweepProvenance;
  readonly site: string;
  readonly metric: string;
  readonly axes: readonly SweepAxis[];
  readonly baselines: Float64Array;
  readonly effects: Tensor<Float64Array>;
  readonly perPair: Tensor<Float64Array>;
  readonly interval: SweepInterval | null;
  readonly p: Tensor<Float64Array> | null;
}

/** Cells that are printed. */
const SHOWN = 8;

/** What a sweep found. Tensors have an axis for each of `axes`, in their order and under their names. */
export class SweepEffects {
  readonly provenance: SweepProvenance;
  readonly site: string;
  /** What was measured. */
  readonly metric: string;
  readonly axes: readonly SweepAxis[];
  /** (pairs) The metric without edits. */
  readonly baselines: Float64Array;
  /** In each cell the metric with the edit less the metric without, the mean over pairs. */
  readonly effects: Tensor<Float64Array>;
  /** (pairs, ...) The same of each pair. */
  readonly perPair: Tensor<Float64Array>;
  /**
   * Of two pairs or more: 95% percentile bootstrap intervals of the effects over pairs.
   * @see B. Efron, R. Tibshirani, "An Introduction to the Bootstrap", 1993, section 13.3
   */
  readonly interval: SweepInterval | null;
  /**
   * Of two pairs or more: p of a sign-flip permutation test of each effect, corrected over the cells by the largest |mean| of
   * the grid. With n pairs it is at least 2 / 2^n.
   * @see T. Nichols, A. Holmes, "Nonparametric permutation tests for functional neuroimaging", Human Brain Mapping 15, 2002
   */
  readonly p: Tensor<Float64Array> | null;

  /** Effects come from `model.sweep`. */
  constructor(parts: SweepEffectsParts) {
    this.provenance = parts.provenance;
    this.site = parts.site;
    this.metric = parts.metric;
    this.axes = parts.axes;
    this.baselines = parts.baselines;
    this.effects = parts.effects;
    this.perPair = parts.perPair;
    this.interval = parts.interval;
    this.p = parts.p;
  }

  /** The metric without edits, the mean over pairs. */
  get baseline(): number {
    return this.baselines.reduce((sum, x) => sum + x, 0) / this.baselines.length;
  }

  /** The largest effects, each with its place. */
  toString(): string {
    const { data } = this.effects;
    const sizes = this.axes.map(({ name, values }) => `${values.length} ${name}s`).join(" x ");
    const nPairs = this.baselines.length;
    const pairs = nPairs === 1 ? "" : `, ${nPairs} pairs`;
    const head = `Sweep of ${this.site}, ${sizes}${pairs}: ${this.metric}, ${format(this.baseline)} without edits`;
    const size = (cell: number): number => Math.abs(data[cell] as number);
    const order = [...data.keys()].sort((a, b) =>
      size(b) > size(a) ? 1 : size(b) < size(a) ? -1 : 0,
    );
    const lines = order.slice(0, SHOWN).map((cell) => `  ${this.#describe(cell)}`);
    const rest = data.length - lines.length;
    return [head, ...lines, ...(rest > 0 ? [`  ${rest} smaller ones`] : [])].join("\n");
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }

  #describe(cell: number): string {
    const { data, shape } = this.effects;
    let rest = cell;
    const indices = shape.map((_, axis) => {
      const stride = shape.slice(axis + 1).reduce((a, b) => a * b, 1);
      const index = Math.floor(rest / stride);
      rest %= stride;
      return index;
    });
    const place = this.axes.map(
      ({ name, labels }, axis) => `${name} ${labels[indices[axis] ?? 0]}`,
    );
    const effect = data[cell] as number;
    const { interval, p } = this;
    const range =
      interval === null
        ? ""
        : ` [${format(interval.low.data[cell] as number)}, ${format(interval.high.data[cell] as number)}]`;
    const chance = p === null ? "" : `, p ${format(p.data[cell] as number)}`;
    return `${place.join(", ")}: ${effect > 0 ? "+" : ""}${format(effect)}${range}${chance}`;
  }
}

const format = (x: number): string => String(Number(x.toPrecision(4)));
