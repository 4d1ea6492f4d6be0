import { addScaled } from "../linear.ts";
import { addProduct } from "../products.ts";
import { gradientOf, type OperatorVjp } from "../vjp.ts";
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
      const rows = Array.from({ length: context.nTokens }, (_, t) => t * nHeads + head);
      addProduct(
        { data: gradient, starts: rows.map((row) => row * wide) },
        { data: weight, first: 0, rowStride: dNope, columnStride: 1 },
        [dLatent, dNope],
        { data: into, starts: rows.map((row) => row * narrow) },
      );
      for (const row of rows)
        addScaled(1, gradient, row * wide + dLatent, narrow - dNope, into, row * narrow + dNope);
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
    const keys = Array.from({ length: nKeys }, (_, key) => key);
    const width = into.length / nKeys;
    const dKey = dNope + width - dLatent;
    for (let head = 0; head < nHeads; head++) {
      const keyWeight =
        ofK && (await weights.read(op.keyWeight, head * dLatent * dNope, dLatent * dNope));
      const valueWeight =
        ofV && (await weights.read(op.valueWeight, head * dValue * dLatent, dValue * dLatent));
      const latents = { data: into, starts: keys.map((key) => key * width) };
      if (ofK && keyWeight) {
        const starts = keys.map((key) => (key * nHeads + head) * dKey);
        const turned = { data: keyWeight, first: 0, rowStride: 1, columnStride: dNope };
        addProduct({ data: ofK, starts }, turned, [dNope, dLatent], latents);
        starts.forEach((key, s) => {
          addScaled(1, ofK, key + dNope, dKey - dNope, into, s * width + dLatent);
        });
      }
      if (ofV && valueWeight) {
        const starts = keys.map((key) => (key * nHeads + head) * dValue);
        const straight = { data: valueWeight, first: 0, rowStride: dLatent, columnStride: 1 };
        addProduct({ data: ofV, starts }, straight, [dValue, dLatent], latents);
      }
    }
  },
};
