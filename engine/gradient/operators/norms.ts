import { dot } from "../../tensor/dot.ts";
import { addAt, at, type Floats, gradientOf, type OperatorVjp } from "../vjp.ts";
import { addScaleGradient, normScaleSites } from "./normScale.ts";

/**
 * The gradient of x in y = x r w with r = (mean(x^2) + eps)^-1/2, of one run of as many elements as w has:
 * r (w g) - x r^3 / n sum of x w g.
 */
export function addRmsGradient(
  x: Floats,
  first: number,
  weight: Floats,
  eps: number,
  gradient: Float64Array,
  into: Float64Array,
): void {
  const n = weight.length;
  const r = 1 / Math.sqrt(dot(x, first, x, first, n) / n + eps);
  let along = 0;
  for (let i = 0; i < n; i++) along += at(x, first + i) * at(weight, i) * at(gradient, first + i);
  const share = (along * r ** 3) / n;
  for (let i = 0; i < n; i++)
    addAt(into, first + i, at(weight, i) * at(gradient, first + i) * r - at(x, first + i) * share);
}

export const rmsNorm: OperatorVjp<"rmsNorm"> = {
  inputs: ["x"],
  reads: ["x"],
  sites: normScaleSites,
  async backward(op, context) {
    const weight = await context.weights.read(op.weight);
    addScaleGradient(op, context, weight);
    const into = context.into(op.x);
    if (into === null) return;
    const [x, gradient] = [context.floats(op.x), gradientOf(context, op.out)];
    for (let first = 0; first < gradient.length; first += weight.length)
      addRmsGradient(x, first, weight, op.eps, gradient, into);
  },
};

/** y = (x - mean) r w + bias: r (w g - mean(w g) - y' mean(w g y')), with y' = (x - mean) r. */
export const layerNorm: OperatorVjp<"layerNorm"> = {
  inputs: ["x"],
  reads: ["x"],
  sites: normScaleSites,
  async backward(op, context) {
    const weight = await context.weights.read(op.weight);
    addScaleGradient(op, context, weight);
    const into = context.into(op.x);
    if (into === null) return;
    const [x, gradient] = [context.floats(op.x), gradientOf(context, op.out)];
    const n = weight.length;
    for (let first = 0; first < gradient.length; first += n) {
      const row = x.subarray(first, first + n);
      let mean = 0;
      for (let i = 0; i < n; i++) mean += at(row, i) / n;
      let variance = 0;
      for (let i = 0; i < n; i++) variance += (at(row, i) - mean) ** 2 / n;
      const r = 1 / Math.sqrt(variance + op.eps);
      const weighted = (i: number) => at(weight, i) * at(gradient, first + i);
      let level = 0;
      let along = 0;
      for (let i = 0; i < n; i++) {
        level += weighted(i) / n;
        along += (weighted(i) * (at(row, i) - mean) * r) / n;
      }
      for (let i = 0; i < n; i++)
        addAt(into, first + i, r * (weighted(i) - level - (at(row, i) - mean) * r * along));
    }
  },
};
