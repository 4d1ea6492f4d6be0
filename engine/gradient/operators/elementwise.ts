import type { Ref } from "../../plan/plan.ts";
import { addAll } from "../linear.ts";
import { addAt, at, gradientOf, type OperatorVjp, type VjpContext } from "../vjp.ts";
import { gluGradient } from "./glu.ts";

export const add: OperatorVjp<"add"> = {
  inputs: ["a", "b"],
  reads: [],
  backward(op, context) {
    const gradient = gradientOf(context, op.out);
    addAll(gradient, context.into(op.a));
    addAll(gradient, context.into(op.b));
  },
};

/** The table's rows are weights, which are held fixed. */
export const addPosition: OperatorVjp<"addPosition"> = {
  inputs: ["x"],
  reads: [],
  backward: (op, context) => addAll(gradientOf(context, op.out), context.into(op.x)),
};

/** 1 within the limits, and on them. */
export const clamp: OperatorVjp<"clamp"> = {
  inputs: ["x"],
  reads: ["x"],
  backward: (op, context) => scaled(op, context, (x) => (x >= -op.limit && x <= op.limit ? 1 : 0)),
};

const C = Math.sqrt(2 / Math.PI);

/** The derivative of x/2 (1 + tanh(C (x + 0.044715 x^3))). */
export const gelu: OperatorVjp<"gelu"> = {
  inputs: ["x"],
  reads: ["x"],
  backward: (op, context) =>
    scaled(op, context, (x) => {
      const t = Math.tanh(C * (x + 0.044715 * x ** 3));
      return (1 + t) / 2 + (x / 2) * (1 - t * t) * C * (1 + 3 * 0.044715 * x * x);
    }),
};

function scaled(
  { x, out }: { readonly x: Ref; readonly out: Ref },
  context: VjpContext,
  derivative: (x: number) => number,
): void {
  const into = context.into(x);
  if (into === null) return;
  const [values, gradient] = [context.floats(x), gradientOf(context, out)];
  gradient.forEach((g, i) => {
    if (g !== 0) addAt(into, i, g * derivative(at(values, i)));
  });
}

export const swiGlu: OperatorVjp<"swiGlu"> = {
  inputs: ["gate", "up"],
  reads: ["gate", "up"],
  backward(op, context) {
    const [gate, up] = [context.floats(op.gate), context.floats(op.up)];
    const [ofGate, ofUp] = [context.into(op.gate), context.into(op.up)];
    gradientOf(context, op.out).forEach((g, i) => {
      if (g === 0) return;
      const [dGate, dUp] = gluGradient({ kind: "silu" }, at(gate, i), at(up, i));
      if (ofGate !== null) addAt(ofGate, i, g * dGate);
      if (ofUp !== null) addAt(ofUp, i, g * dUp);
    });
  },
};
