import { addRows, addScaled, dot } from "../linear.ts";
import { addAt, gradientOf, type OperatorVjp } from "../vjp.ts";
import { addRmsGradient } from "./norms.ts";
import { addTurnedBack } from "./rotate.ts";

/** The norm of the latent, and the rotation of the key behind it. */
export const mlaLatent: OperatorVjp<"mlaLatent"> = {
  inputs: ["x"],
  reads: ["x", "cos", "sin"],
  async backward(op, context) {
    const into = context.into(op.x);
    if (into === null) return;
    const [x, gradient] = [context.floats(op.x), gradientOf(context, op.out)];
    const weight = await context.weights.read(op.weight);
    const width = gradient.length / context.nTokens;
    const dim = width - weight.length;
    const angles = {
      layout: op.layout,
      dim,
      cos: context.floats(op.cos),
      sin: context.floats(op.sin),
    };
    for (let t = 0; t < context.nTokens; t++) {
      const first = t * width;
      addRmsGradient(x, first, weight, op.eps, gradient, into);
      const rotary = first + weight.length;
      addTurnedBack(angles, context.start + t, gradient, rotary, into, rotary);
    }
  },
};

/** out = [keyWeight q | rotary part of q], head by head. */
export const mlaAbsorbQuery: OperatorVjp<"mlaAbsorbQuery"> = {
  inputs: ["q"],
  reads: [],
  async backward(op, context) {
    const into = context.into(op.q);
    if (into === null) return;
    const gradient = gradientOf(context, op.out);
    const [nHeads = 0, dLatent = 0, dNope = 0] = context.weights.shape(op.keyWeight);
    const size = dLatent * dNope;
    const [wide, narrow] = [gradient.length, into.length].map(
      (n) => n / (context.nTokens * nHeads),
    ) as [number, number];
    for (let head = 0; head < nHeads; head++) {
      const weight = await context.weights.read(op.keyWeight, head * size, size);
      for (let t = 0; t < context.nTokens; t++) {
        const [from, to] = [(t * nHeads + head) * wide, (t * nHeads + head) * narrow];
        addRows(weight, dNope, gradient.subarray(from, from + dLatent), into, to);
        addScaled(1, gradient, from + dLatent, narrow - dNope, into, to + dNope);
      }
    }
  },
};

/** Keys [keyWeight^T c | p] and values valueWeight c of every head: the rotary key is shared, so that its gradients add up. */
export const mlaExpand: OperatorVjp<"mlaExpand"> = {
  inputs: ["cache"],
  reads: [],
  async backward(op, context) {
    const into = context.into(op.cache);
    if (into === null) return;
    const [ofK, ofV] = [context.gradient(op.k), context.gradient(op.v)];
    const { weights } = context;
    const [nHeads = 0, dLatent = 0, dNope = 0] = weights.shape(op.keyWeight);
    const [, dValue = 0] = weights.shape(op.valueWeight);
    const nKeys = context.start + context.nTokens;
    const width = into.length / nKeys;
    const dKey = dNope + width - dLatent;
    for (let head = 0; head < nHeads; head++) {
      const keyWeight =
        ofK && (await weights.read(op.keyWeight, head * dLatent * dNope, dLatent * dNope));
      const valueWeight =
        ofV && (await weights.read(op.valueWeight, head * dValue * dLatent, dValue * dLatent));
      for (let s = 0; s < nKeys; s++) {
        const latent = s * width;
        if (ofK && keyWeight) {
          const key = (s * nHeads + head) * dKey;
          for (let c = 0; c < dLatent; c++)
            addAt(into, latent + c, dot(keyWeight, c * dNope, ofK, key, dNope));
          addScaled(1, ofK, key + dNope, dKey - dNope, into, latent + dLatent);
        }
        if (ofV && valueWeight) {
          const value = (s * nHeads + head) * dValue;
          addRows(valueWeight, dLatent, ofV.subarray(value, value + dValue), into, latent);
        }
      }
    }
  },
};

export const mlaValue: OperatorVjp<"mlaValue"> = {
  inputs: ["u"],
  reads: [],
  async backward(op, context) {
    const into = context.into(op.u);
    if (into === null) return;
    const gradient = gradientOf(context, op.out);
    const [nHeads = 0, dValue = 0, dLatent = 0] = context.weights.shape(op.valueWeight);
    const size = dValue * dLatent;
    for (let head = 0; head < nHeads; head++) {
      const weight = await context.weights.read(op.valueWeight, head * size, size);
      for (let t = 0; t < context.nTokens; t++) {
        const z = (t * nHeads + head) * dValue;
        addRows(
          weight,
          dLatent,
          gradient.subarray(z, z + dValue),
          into,
          (t * nHeads + head) * dLatent,
        );
      }
    }
  },
};
