import type { Step } from "../../backend.ts";
import { rowSize } from "../../checkOperator.ts";
import { expertIndexError } from "../../indexErrors.ts";
import type { ExpertsCombine, ExpertsDown, ExpertsUp } from "../../operators.ts";
import { at, dot, silu } from "../math.ts";
import { floats, ints } from "../referenceTensor.ts";

/** @throws ShapeError ERR_INDEX for an expert that does not exist */
export function expertsUp(op: ExpertsUp, step: Step): void {
  const [x, indices, out] = [floats(op.x), ints(op.indices), floats(op.out)];
  const [gate, up] = [floats(op.gate), floats(op.up)];
  const [nExperts = 0, dExpert = 0, dModel = 0] = op.gate.shape;
  const k = rowSize(op.indices);
  for (let slot = 0; slot < step.nTokens * k; slot++) {
    const expert = expertAt(op.kind, indices, slot, nExperts);
    const token = Math.floor(slot / k) * dModel;
    for (let i = 0; i < dExpert; i++) {
      const row = (expert * dExpert + i) * dModel;
      out[slot * dExpert + i] =
        silu(dot(gate, row, x, token, dModel)) * dot(up, row, x, token, dModel);
    }
  }
}

/** @throws ShapeError ERR_INDEX for an expert that does not exist */
export function expertsDown(op: ExpertsDown, step: Step): void {
  const [h, indices, down, out] = [floats(op.h), ints(op.indices), floats(op.down), floats(op.out)];
  const [nExperts = 0, dModel = 0, dExpert = 0] = op.down.shape;
  const k = rowSize(op.indices);
  for (let slot = 0; slot < step.nTokens * k; slot++) {
    const expert = expertAt(op.kind, indices, slot, nExperts);
    for (let m = 0; m < dModel; m++)
      out[slot * dModel + m] = dot(
        down,
        (expert * dModel + m) * dExpert,
        h,
        slot * dExpert,
        dExpert,
      );
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

function expertAt(kind: string, indices: Int32Array, slot: number, nExperts: number): number {
  const expert = at(indices, slot);
  if (expert >= 0 && expert < nExperts) return expert;
  throw expertIndexError(kind, expert, slot, nExperts);
}
