import { addAll, addProducts } from "../linear.ts";
import { gradientOf, type OperatorVjp } from "../vjp.ts";

/** out = x W^T + bias + residual */
export const matmul: OperatorVjp<"matmul"> = {
  inputs: ["x", "residual"],
  reads: [],
  async backward(op, context) {
    const gradient = gradientOf(context, op.out);
    addAll(gradient, context.into(op.residual));
    const into = context.into(op.x);
    if (into === null) return;
    const [rows = 0, ...rest] = context.weights.shape(op.weight);
    const columns = rest.reduce((a, b) => a * b, 1);
    await addProducts(
      context.weights,
      { weight: op.weight, first: 0, rows, columns },
      gradient,
      into,
    );
  },
};
