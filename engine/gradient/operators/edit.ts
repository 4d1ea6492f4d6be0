import type { EditAction } from "../../backend/operators.ts";
import { dot } from "../../tensor/dot.ts";
import { addAll } from "../linear.ts";
import { at, gradientOf, type OperatorVjp } from "../vjp.ts";

interface Edited {
  readonly action: EditAction;
  readonly factor: number;
}

/** The gradient of what was edited from that of what came out; the edit's own numbers are held fixed. */
export function editGradient(
  { action, factor }: Edited,
  values: Float64Array | null,
  gradient: Float64Array,
): Float64Array {
  switch (action) {
    case "zero":
    case "replace":
      return new Float64Array(gradient.length);
    case "scale":
      return gradient.map((g) => g * factor);
    case "add":
      return gradient;
    case "project": {
      if (values === null) throw new Error("project has no direction");
      const square = dot(values, 0, values, 0, values.length);
      const share = square === 0 ? 0 : dot(values, 0, gradient, 0, values.length) / square;
      return gradient.map((g, i) => g - at(values, i) * share);
    }
    case "average": {
      const mean = gradient.reduce((sum, g) => sum + g, 0) / gradient.length;
      return gradient.map(() => mean);
    }
  }
}

export const edit: OperatorVjp<"edit"> = {
  inputs: ["x"],
  reads: ["rows", "values"],
  backward(op, context) {
    const into = context.into(op.x);
    if (into === null) return;
    const rows = context.ints(op.rows);
    const values = op.values && context.floats(op.values);
    const passed = gradientOf(context, op.out).slice();
    const [width, count] = [passed.length / context.nTokens, op.columnCount];
    for (let t = 0; t < context.nTokens; t++) {
      const row = at(rows, t);
      if (row < 0) continue;
      const first = t * width + op.columnStart;
      const v = values && Float64Array.from(values.subarray(row * count, (row + 1) * count));
      passed.set(editGradient(op, v, passed.subarray(first, first + count)), first);
    }
    addAll(passed, into);
  },
};
