import { rowSize } from "../../checkOperator.ts";
import type { Step } from "../../deviceTensor.ts";
import { expertIndexError } from "../../indexErrors.ts";
import type { ExpertsCombine, ExpertsDown, ExpertsUp, GluActivation } from "../../operators.ts";
import { at, dots, sigmoid, silu } from "../math.ts";
import { floats, ints } from "../referenceTensor.ts";

/** @throws ShapeError ERR_INDEX for an expert that does not exist */
export function expertsUp(op: ExpertsUp, step: Step): void {
  const [x, indices, out] = [floats(op.x), ints(op.indices), floats(op.out)];
  const [gate, up] = [floats(op.gate), floats(op.up)];
  const [gateBias, upBias] = [op.gateBias && floats(op.gateBias), op.upBias && floats(op.upBias)];
  const [nExperts = 0, dExpert = 0, dModel = 0] = op.gate.shape;
  const k = rowSize(op.indices);
  const [gates, ups] = [new Float64Array(dExpert), new Float64Array(dExpert)];
  for (let slot = 0; slot < step.nTokens * k; slot++) {
    const expert = expertAt(op.kind, indices, slot, nExperts, (step.row ?? 0) * k);
    if (expert < 0) {
      out.fill(0, slot * dExpert, (slot + 1) * dExpert);
      continue;
    }
    const token = Math.floor(slot / k) * dModel;
    const firstRow = expert * dExpert;
    dots(gate, firstRow * dModel, dExpert, x, token, dModel, gates, 0);
    dots(up, firstRow * dModel, dExpert, x, token, dModel, ups, 0);
    for (let i = 0; i < dExpert; i++) {
      const g = at(gates, i) + (gateBias ? at(gateBias, firstRow + i) : 0);
      const u = at(ups, i) + (upBias ? at(upBias, firstRow + i) : 0);
      out[slot * dExpert + i] = glu(op.activation, g, u);
    }
  }
}

/** @see arXiv:2002.05202 eq. 6; for the clamped one the GptOss model of transformers */
function glu(activation: GluActivation, gate: number, up: number): number {
  if (activation.kind === "silu") return silu(gate) * up;
  const { alpha, limit } = activation;
  const g = Math.min(gate, limit);
  return g * sigmoid(alpha * g) * (Math.min(Math.max(up, -limit), limit) + 1);
}

/** @throws ShapeError ERR_INDEX for an expert that does not exist */
export function expertsDown(op: ExpertsDown, step: Step): void {
  const [h, indices, down, out] = [floats(op.h), ints(op.indices), floats(op.down), floats(op.out)];
  const bias = op.bias && floats(op.bias);
  const [nExperts = 0, dModel = 0, dExpert = 0] = op.down.shape;
  const k = rowSize(op.indices);
  for (let slot = 0; slot < step.nTokens * k; slot++) {
    const expert = expertAt(op.kind, indices, slot, nExperts, (step.row ?? 0) * k);
    if (expert < 0) {
      out.fill(0, slot * dModel, (slot + 1) * dModel);
      continue;
    }
    const firstRow = expert * dModel;
    dots(down, firstRow * dExpert, dModel, h, slot * dExpert, dExpert, out, slot * dModel);
    if (bias)
      for (let m = 0; m < dModel; m++) {
        const place = slot * dModel + m;
        out[place] = at(out, place) + at(bias, firstRow + m);
      }
  }
}

export function expertsCombine(op: ExpertsCombine, step: Step): void {
  const [experts, weights, out] = [floats(op.experts), floats(op.weights), floats(op.out)];
  const shared = op.shared && floats(op.shared);
  const dModel = rowSize(op.out);
  const k = rowSize(op.weights);
  for (let t = 0; t < step.nTokens; t++)
    for (let m = 0; m < dModel; m++) {
      let sum = 0;
      for (let j = 0; j < k; j++)
        sum += at(weights, t * k + j) * at(experts, (t * k + j) * dModel + m);
      out[t * dModel + m] = shared ? sum + at(shared, t * dModel + m) : sum;
    }
}

/** -1: none. */
function expertAt(
  kind: string,
  indices: Int32Array,
  slot: number,
  nExperts: number,
  firstSlot: number,
): number {
  const expert = at(indices, slot);
  if (expert >= -1 && expert < nExperts) return expert;
  throw expertIndexError(kind, expert, firstSlot + slot, nExperts);
}
