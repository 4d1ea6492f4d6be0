import { dot } from "../../../tensor/dot.ts";
import { rowSize } from "../../checkOperator.ts";
import type { Step } from "../../deviceTensor.ts";
import type { Edit } from "../../operators.ts";
import { at } from "../math.ts";
import { floats, ints } from "../referenceTensor.ts";

export function edit(op: Edit, step: Step): void {
  const [x, rows, out] = [floats(op.x), ints(op.rows), floats(op.out)];
  const values = op.values && floats(op.values);
  const [width, count] = [rowSize(op.x), op.columnCount];
  for (let t = 0; t < step.nTokens; t++) {
    out.set(x.subarray(t * width, (t + 1) * width), t * width);
    const row = at(rows, t);
    if (row < 0) continue;
    const first = t * width + op.columnStart;
    const columns = x.subarray(first, first + count);
    const given = values?.subarray(row * count, (row + 1) * count) ?? new Float64Array(count);
    out.set(edited(op, columns, given), first);
  }
}

function edited(op: Edit, x: Float64Array, v: Float64Array): Float64Array {
  switch (op.action) {
    case "zero":
      return x.map(() => 0);
    case "scale":
      return x.map((value) => value * op.factor);
    case "add":
      return x.map((value, i) => (at(v, i) === 0 ? value : value + at(v, i)));
    case "replace":
      return v;
    case "project": {
      const square = dot(v, 0, v, 0, v.length);
      const share = square === 0 ? 0 : dot(x, 0, v, 0, v.length) / square;
      return square === 0 ? x : x.map((value, i) => value - at(v, i) * share);
    }
    case "average": {
      const mean = x.reduce((sum, value) => sum + value, 0) / x.length;
      return x.map(() => mean);
    }
  }
}
