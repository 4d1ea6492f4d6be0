import { addAll } from "../linear.ts";
import { gradientOf, type OperatorVjp } from "../vjp.ts";

/** Rows of the cache from the first token's position on. */
export const writeRows: OperatorVjp<"writeRows"> = {
  inputs: ["x"],
  reads: [],
  backward(op, context) {
    const { start, nTokens } = context;
    const gradient = gradientOf(context, op.cache);
    const width = context.rowShape(op.cache).reduce((a, b) => a * b, 1);
    addAll(gradient.subarray(start * width, (start + nTokens) * width), context.into(op.x));
  },
};
