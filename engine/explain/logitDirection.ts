import type { ModelDevice } from "../execute/modelDevice.ts";
import { dot } from "../tensor/dot.ts";
import { normDivisor } from "../tensor/normDivisor.ts";
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
  const scale = 1 / normDivisor(residual, 0, dModel, { isLayer, eps: normEps });
  const weight = await weightRows(device, "ln_final", 0, dModel);
  const direction = row.map((value, i) => value * (weight[i] as number) * scale);
  if (!isLayer) return { direction, bias: 0 };
  // Taking the mean out of x is taking it out of the direction.
  const mean = direction.reduce((sum, value) => sum + value, 0) / dModel;
  const norms = await weightRows(device, "ln_final.bias", 0, dModel);
  return {
    direction: direction.map((value) => value - mean),
    bias: dot(row, 0, norms, 0, dModel),
  };
}
