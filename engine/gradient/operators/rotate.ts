import type { RopeLayout } from "../../backend/operators.ts";
import { ropePair } from "../../backend/reference/math.ts";
import { addAt, at, type Floats, gradientOf, type OperatorVjp } from "../vjp.ts";

/** Angles of rotated pairs: (positions, dim/2) each. */
export interface Angles {
  readonly layout: RopeLayout;
  readonly dim: number;
  readonly cos: Floats;
  readonly sin: Floats;
}

/** Adds `dim` elements of the gradient, turned back by the angles of a position: the transpose of a rotation and its factor. */
export function addTurnedBack(
  { layout, dim, cos, sin }: Angles,
  position: number,
  gradient: Float64Array,
  from: number,
  into: Float64Array,
  to: number,
): void {
  const half = dim / 2;
  for (let j = 0; j < half; j++) {
    const [laneA, laneB] = ropePair(layout, dim, j);
    const [a, b] = [at(gradient, from + laneA), at(gradient, from + laneB)];
    const [c, s] = [at(cos, position * half + j), at(sin, position * half + j)];
    addAt(into, to + laneA, a * c + b * s);
    addAt(into, to + laneB, b * c - a * s);
  }
}

export const rope: OperatorVjp<"rope"> = {
  inputs: ["x"],
  reads: ["cos", "sin"],
  backward(op, context) {
    const into = context.into(op.x);
    if (into === null) return;
    const gradient = gradientOf(context, op.out);
    const { layout, dim, offset } = op;
    const angles = { layout, dim, cos: context.floats(op.cos), sin: context.floats(op.sin) };
    const [, dHead = 0] = context.rowShape(op.x);
    for (let first = 0; first < gradient.length; first += dHead) {
      const position = context.start + Math.floor((first * context.nTokens) / gradient.length);
      for (let i = 0; i < dHead; i++)
        if (i < offset || i >= offset + dim) addAt(into, first + i, at(gradient, first + i));
      addTurnedBack(angles, position, gradient, first + offset, into, first + offset);
    }
  },
};
