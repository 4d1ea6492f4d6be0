import type { Step } from "../../deviceTensor.ts";
import type { EditMap } from "../../operators.ts";
import { at } from "../math.ts";
import { floats, ints } from "../referenceTensor.ts";

export function editMap(op: EditMap, step: Step): void {
  const [x, rows, out] = [floats(op.x), ints(op.rows), floats(op.out)];
  const values = op.values && floats(op.values);
  const [, nHeads = 0, width = 0] = op.x.shape;
  const given = op.values?.shape[1] ?? width;
  out.set(x.subarray(0, step.nTokens * nHeads * width));
  for (let t = 0; t < step.nTokens; t++) {
    const row = at(rows, t);
    if (row < 0) continue;
    const nCells = Math.min(step.start + t + 1, given);
    const v = values?.subarray(row * given, row * given + nCells) ?? new Float64Array(nCells);
    for (let h = op.headStart; h < op.headStart + op.headCount; h++) {
      const first = (t * nHeads + h) * width;
      out.set(edited(op, x.subarray(first, first + nCells), v), first);
    }
  }
}

function edited(op: EditMap, x: Float64Array, v: Float64Array): Float64Array {
  const seen = (change: (value: number, i: number) => number) =>
    x.map((value, i) => (value === Number.NEGATIVE_INFINITY ? value : change(value, i)));
  switch (op.action) {
    case "zero":
      return x.map(() => 0);
    case "scale":
      return seen((value) => value * op.factor);
    case "add":
      return seen((value, i) => (at(v, i) === 0 ? value : value + at(v, i)));
    case "replace":
      return v;
    case "project": {
      const sum = (term: (value: number, i: number) => number) =>
        x.reduce((total, value, i) => {
          return value === Number.NEGATIVE_INFINITY ? total : total + term(value, i);
        }, 0);
      const square = sum((_, i) => at(v, i) ** 2);
      if (square === 0) return x;
      const share = sum((value, i) => value * at(v, i)) / square;
      return seen((value, i) => value - at(v, i) * share);
    }
  }
}
