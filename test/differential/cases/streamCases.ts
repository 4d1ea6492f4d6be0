import type { PlainBytes } from "../../../engine/backend/backend.ts";
import { type OperatorCase, operatorCase, out, token, weight } from "./operatorCase.ts";
import { Seeded } from "./seeded.ts";

type WeightDType = PlainBytes["dtype"];

export function spreadStreams(T: number, n: number, M: number): OperatorCase {
  const random = new Seeded(T * 83 + n * 7 + M);
  return operatorCase({
    kind: "spreadStreams",
    name: `T=${T} n=${n} M=${M}`,
    step: { nTokens: T, start: 2 },
    tolerance: 0,
    fields: { x: token(T, [M], random.floats(T * M, 9)), out: out("token", T, [n, M]) },
    operator: (t) => ({ kind: "spreadStreams", x: t.x, out: t.out }),
  });
}

/** @param size largest of the streams; with logits of as much, the weights come out alike */
export function streamWeights(
  T: number,
  n: number,
  M: number,
  sinkhornSteps: number,
  size: number,
  base: WeightDType,
  scale: WeightDType,
): OperatorCase {
  const random = new Seeded(T * 89 + n * 11 + M + sinkhornSteps);
  const width = (2 + n) * n;
  return operatorCase({
    kind: "streamWeights",
    name: `T=${T} n=${n} M=${M} ${sinkhornSteps} steps |x|<${size} base ${base} scale ${scale}`,
    step: { nTokens: T, start: 0 },
    tolerance: 4e-6,
    fields: {
      x: token(T, [n, M], random.floats(T * n * M, size)),
      logits: token(T, [width], random.floats(T * width, 3 * size)),
      base: weight([width], random.weight(width, base, 1)),
      scale: weight([3], random.weight(3, scale, 1.5)),
      pre: out("token", T, [n]),
      post: out("token", T, [n]),
      comb: out("token", T, [n, n]),
    },
    operator: ({ x, logits, base, scale, pre, post, comb }) => ({
      ...{ kind: "streamWeights", normEps: 1e-6, eps: 1e-3, sinkhornSteps },
      ...{ x, logits, base, scale, pre, post, comb },
    }),
  });
}

/** As the head reads streams. */
export function streamReadWeights(
  T: number,
  n: number,
  M: number,
  dtype: WeightDType,
): OperatorCase {
  const random = new Seeded(T * 97 + n * 13 + M);
  return operatorCase({
    kind: "streamWeights",
    name: `T=${T} n=${n} M=${M} ${dtype}, to read`,
    step: { nTokens: T, start: 0 },
    tolerance: 4e-6,
    fields: {
      x: token(T, [n, M], random.floats(T * n * M, 2)),
      logits: token(T, [n], random.floats(T * n, 4)),
      base: weight([n], random.weight(n, dtype, 1)),
      scale: weight([1], random.weight(1, dtype, 1.5)),
      pre: out("token", T, [n]),
    },
    operator: ({ x, logits, base, scale, pre }) => ({
      ...{ kind: "streamWeights", normEps: 1e-3, eps: 1e-2, sinkhornSteps: 1 },
      ...{ x, logits, base, scale, pre, post: null, comb: null },
    }),
  });
}

export function readStreams(T: number, n: number, M: number): OperatorCase {
  const random = new Seeded(T * 101 + n * 17 + M);
  return operatorCase({
    kind: "readStreams",
    name: `T=${T} n=${n} M=${M}`,
    step: { nTokens: T, start: 1 },
    tolerance: 2e-6,
    fields: {
      x: token(T, [n, M], random.floats(T * n * M, 3)),
      pre: token(T, [n], random.floats(T * n)),
      out: out("token", T, [M]),
    },
    operator: ({ x, pre, out }) => ({ kind: "readStreams", x, pre, out }),
  });
}

export function writeStreams(T: number, n: number, M: number): OperatorCase {
  const random = new Seeded(T * 103 + n * 19 + M);
  return operatorCase({
    kind: "writeStreams",
    name: `T=${T} n=${n} M=${M}`,
    step: { nTokens: T, start: 1 },
    tolerance: 2e-6,
    fields: {
      x: token(T, [n, M], random.floats(T * n * M, 3)),
      delta: token(T, [M], random.floats(T * M)),
      post: token(T, [n], random.floats(T * n, 2)),
      comb: token(T, [n, n], random.floats(T * n * n)),
      out: out("token", T, [n, M]),
    },
    operator: ({ x, delta, post, comb, out }) => ({
      ...{ kind: "writeStreams", x, delta, post, comb, out },
    }),
  });
}

export const streamCases: readonly OperatorCase[] = [
  spreadStreams(2, 2, 5),
  spreadStreams(17, 4, 33),
  streamWeights(2, 2, 5, 1, 1, "f32", "f32"),
  streamWeights(17, 4, 33, 20, 100, "bf16", "f16"),
  streamWeights(3, 16, 70, 3, 0.01, "f32", "bf16"),
  streamWeights(2, 4, 260, 2, 1, "f16", "f32"), // a row of 1040: wider workgroups
  streamReadWeights(17, 4, 33, "f32"),
  streamReadWeights(2, 3, 400, "bf16"),
  readStreams(2, 2, 5),
  readStreams(17, 4, 66),
  readStreams(9, 16, 31),
  writeStreams(2, 2, 5),
  writeStreams(17, 4, 66),
  writeStreams(9, 16, 31),
];
