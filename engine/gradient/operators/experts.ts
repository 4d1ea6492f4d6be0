import type { GluActivation } from "../../backend/operators.ts";
import type { Ref } from "../../plan/plan.ts";
import { dot } from "../../tensor/dot.ts";
import { addScaled } from "../linear.ts";
import { addProduct, type Rows } from "../products.ts";
import { addAt, at, type Floats, gradientOf, isZero, type OperatorVjp } from "../vjp.ts";
import { gluGradient } from "./glu.ts";
import { softmaxGradient } from "./scoring.ts";

/**
 * Of the weights of the chosen experts, to the router's scores and logits; which experts were chosen is held fixed.
 * The scores are a site: their gradient is what the weights say of them.
 */
export const route: OperatorVjp<"route"> = {
  inputs: ["logits"],
  reads: ["scores", "indices"],
  sites: ({ scores }) => [scores.name],
  backward(op, context) {
    const gradient = context.gradient(op.weights);
    if (gradient === null) return;
    const [scores, indices] = [context.floats(op.scores), context.ints(op.indices)];
    const nExperts = scores.length / context.nTokens;
    const ofLogits = context.into(op.logits);
    const ofScores = context.intoSite(op.scores.name, scores.length);
    for (let t = 0; t < context.nTokens; t++) {
      const row = Float64Array.from(scores.subarray(t * nExperts, (t + 1) * nExperts));
      const chosen = indices.subarray(t * op.k, (t + 1) * op.k);
      const ofRow = scoreGradient(op, row, chosen, gradient.subarray(t * op.k, (t + 1) * op.k));
      if (ofScores !== null) addScaled(1, ofRow, 0, nExperts, ofScores, t * nExperts);
      if (ofLogits === null) continue;
      const ofLogit =
        op.scoring === "softmax"
          ? softmaxGradient(row, ofRow)
          : ofRow.map((g, e) => g * at(row, e) * (1 - at(row, e)));
      addScaled(1, ofLogit, 0, nExperts, ofLogits, t * nExperts);
    }
  },
};

/** Weights are scale s, or normalised scale s / (sum of the chosen s + 1e-20). */
function scoreGradient(
  { normalize, scale }: { readonly normalize: boolean; readonly scale: number },
  scores: Float64Array,
  chosen: Int32Array,
  gradient: Float64Array,
): Float64Array {
  const out = new Float64Array(scores.length);
  let sum = 1e-20;
  let along = 0;
  chosen.forEach((expert, j) => {
    if (expert < 0) return;
    sum += at(scores, expert);
    along += at(gradient, j) * at(scores, expert);
  });
  chosen.forEach((expert, j) => {
    if (expert < 0) return;
    const g = at(gradient, j);
    addAt(out, expert, scale * (normalize ? g / sum - along / sum ** 2 : g));
  });
  return out;
}

/** Places (t, j) by the expert that they chose, of those with a gradient. */
function byExpert(indices: Int32Array, gradient: Float64Array): Map<number, number[]> {
  const width = gradient.length / indices.length;
  const places = new Map<number, number[]>();
  indices.forEach((expert, slot) => {
    if (expert < 0 || isZero(gradient, slot * width, (slot + 1) * width)) return;
    const known = places.get(expert);
    if (known === undefined) places.set(expert, [slot]);
    else known.push(slot);
  });
  return places;
}

/** Gates and up projections are computed again: only what they make together was kept. */
export const expertsUp: OperatorVjp<"expertsUp"> = {
  inputs: ["x"],
  reads: ["x", "indices"],
  async backward(op, context) {
    const into = context.into(op.x);
    if (into === null) return;
    const [x, indices] = [context.floats(op.x), context.ints(op.indices)];
    const gradient = gradientOf(context, op.out);
    const { weights } = context;
    const [, dExpert = 0, dModel = 0] = weights.shape(op.gate);
    const k = indices.length / context.nTokens;
    const size = dExpert * dModel;
    const biasOf = (bias: Ref | null, expert: number) =>
      bias && weights.read(bias, expert * dExpert, dExpert);
    for (const [expert, slots] of byExpert(indices, gradient)) {
      const gate = await weights.read(op.gate, expert * size, size);
      const up = await weights.read(op.up, expert * size, size);
      const [gateBias, upBias] = [
        await biasOf(op.gateBias, expert),
        await biasOf(op.upBias, expert),
      ];
      const rows = {
        ...{ gate, up, gateBias, upBias, dExpert, dModel, slots, gradient },
        x: { data: x, starts: slots.map((slot) => Math.floor(slot / k) * dModel) },
      };
      addUpGradient(op.activation, rows, into);
    }
  },
};

/** Tokens of one expert. */
interface ExpertTokens {
  readonly gate: Floats; // (dExpert, dModel)
  readonly up: Floats; // (dExpert, dModel)
  readonly gateBias: Floats | null;
  readonly upBias: Floats | null;
  readonly dExpert: number;
  readonly dModel: number;
  readonly slots: readonly number[];
  readonly gradient: Float64Array; // (T k, dExpert)
  readonly x: Rows<Floats>; // (T, dModel)
}

function addUpGradient(
  activation: GluActivation,
  { gate, up, gateBias, upBias, dExpert, dModel, slots, gradient, x }: ExpertTokens,
  into: Float64Array,
): void {
  const turned = { first: 0, rowStride: 1, columnStride: dModel };
  const starts = slots.map((_, i) => i * dExpert);
  const made = (weight: Floats, bias: Floats | null): Float64Array => {
    const data = new Float64Array(slots.length * dExpert);
    if (bias) for (const start of starts) data.set(bias, start);
    addProduct(x, { data: weight, ...turned }, [dModel, dExpert], { data, starts });
    return data;
  };
  const [ofGates, ofUps] = [made(gate, gateBias), made(up, upBias)];
  slots.forEach((slot, row) => {
    for (let i = 0; i < dExpert; i++) {
      const place = row * dExpert + i;
      const [dGate, dUp] = gluGradient(activation, at(ofGates, place), at(ofUps, place));
      const ofHidden = at(gradient, slot * dExpert + i);
      ofGates[place] = ofHidden * dGate;
      ofUps[place] = ofHidden * dUp;
    }
  });
  const straight = { first: 0, rowStride: dModel, columnStride: 1 };
  const sums = { data: into, starts: x.starts };
  addProduct({ data: ofGates, starts }, { data: gate, ...straight }, [dExpert, dModel], sums);
  addProduct({ data: ofUps, starts }, { data: up, ...straight }, [dExpert, dModel], sums);
}

export const expertsDown: OperatorVjp<"expertsDown"> = {
  inputs: ["h"],
  reads: ["indices"],
  async backward(op, context) {
    const into = context.into(op.h);
    if (into === null) return;
    const gradient = gradientOf(context, op.out);
    const [, dModel = 0, dExpert = 0] = context.weights.shape(op.down);
    const size = dModel * dExpert;
    for (const [expert, slots] of byExpert(context.ints(op.indices), gradient)) {
      const down = await context.weights.read(op.down, expert * size, size);
      addProduct(
        { data: gradient, starts: slots.map((slot) => slot * dModel) },
        { data: down, first: 0, rowStride: dExpert, columnStride: 1 },
        [dModel, dExpert],
        { data: into, starts: slots.map((slot) => slot * dExpert) },
      );
    }
  },
};

export const expertsCombine: OperatorVjp<"expertsCombine"> = {
  inputs: ["experts", "weights", "shared"],
  reads: ["experts", "weights"],
  backward(op, context) {
    const gradient = gradientOf(context, op.out);
    const [experts, weights] = [context.floats(op.experts), context.floats(op.weights)];
    const [ofExperts, ofWeights] = [context.into(op.experts), context.into(op.weights)];
    const ofShared = context.into(op.shared);
    const dModel = gradient.length / context.nTokens;
    const k = weights.length / context.nTokens;
    for (let slot = 0; slot < weights.length; slot++) {
      const token = Math.floor(slot / k) * dModel;
      if (ofExperts !== null)
        addScaled(at(weights, slot), gradient, token, dModel, ofExperts, slot * dModel);
      if (ofWeights !== null)
        addAt(ofWeights, slot, dot(gradient, token, experts, slot * dModel, dModel));
    }
    if (ofShared !== null) addScaled(1, gradient, 0, gradient.length, ofShared, 0);
  },
};
