import type { Ref } from "../../plan/plan.ts";
import { addRows, addScaled, dot } from "../linear.ts";
import { addAt, at, gradientOf, isZero, type OperatorVjp } from "../vjp.ts";
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
      for (const slot of slots) {
        const token = Math.floor(slot / k) * dModel;
        const [ofGates, ofUps] = [new Float64Array(dExpert), new Float64Array(dExpert)];
        for (let i = 0; i < dExpert; i++) {
          const g = dot(gate, i * dModel, x, token, dModel) + (gateBias ? at(gateBias, i) : 0);
          const u = dot(up, i * dModel, x, token, dModel) + (upBias ? at(upBias, i) : 0);
          const [dGate, dUp] = gluGradient(op.activation, g, u);
          const ofHidden = at(gradient, slot * dExpert + i);
          ofGates[i] = ofHidden * dGate;
          ofUps[i] = ofHidden * dUp;
        }
        addRows(gate, dModel, ofGates, into, token);
        addRows(up, dModel, ofUps, into, token);
      }
    }
  },
};

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
      for (const slot of slots)
        addRows(
          down,
          dExpert,
          gradient.subarray(slot * dModel, (slot + 1) * dModel),
          into,
          slot * dExpert,
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
