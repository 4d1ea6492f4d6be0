import type { ModelDevice } from "../execute/modelDevice.ts";
import { weightRows } from "./weightRows.ts";

/**
 * A logit as a linear function of the residual that the head reads, with the final norm's scale held at what it was: direction · x + bias.
 * Of a difference of logits it is the difference of both.
 */
export interface LogitDirection {
  readonly direction: Float64Array; // (M)
  /** What the final norm's own bias gives; 0 of RMS norms. */
  readonly bias: number;
}

/**
 * @param against null: the logit itself
 * @param residual (M) what the head read
 */
export async function logitDirection(
  device: ModelDevice,
  target: number,
  against: number | null,
  residual: ArrayLike<number>,
): Promise<LogitDirection> {
  const { spec } = device;
  const { dModel, norm, normEps } = spec;
  const table = spec.tiedEmbeddings ? "embed" : "unembed";
  const row = Float64Array.from(await weightRows(device, table, target, 1));
  if (against !== null) {
    const other = await weightRows(device, table, against, 1);
    for (let i = 0; i < dModel; i++) row[i] = (row[i] as number) - (other[i] as number);
  }
  const isLayer = norm === "layer";
  const scale = normScale(residual, isLayer, normEps);
  const weight = await weightRows(device, "ln_final", 0, dModel);
  const direction = row.map((value, i) => value * (weight[i] as number) * scale);
  if (!isLayer) return { direction, bias: 0 };
  // Taking the mean out of x is taking it out of the direction.
  const mean = direction.reduce((sum, value) => sum + value, 0) / dModel;
  const norms = await weightRows(device, "ln_final.bias", 0, dModel);
  return {
    direction: direction.map((value) => value - mean),
    bias: dot(row, norms),
  };
}

/** What the norm multiplies by, beside its weight. */
function normScale(x: ArrayLike<number>, isLayer: boolean, eps: number): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i] as number;
  const mean = isLayer ? sum / x.length : 0;
  let squares = 0;
  for (let i = 0; i < x.length; i++) squares += ((x[i] as number) - mean) ** 2;
  return 1 / Math.sqrt(squares / x.length + eps);
}

/** Of `a` with as many numbers of `b` from `start` on. */
export function dot(a: ArrayLike<number>, b: ArrayLike<number>, start = 0): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[start + i] as number);
  return sum;
}
