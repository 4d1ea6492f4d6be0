import type { PlainBytes } from "../../../engine/backend/backend.ts";
import { angleTables } from "./angleTables.ts";
import {
  cache,
  type OperatorCase,
  operatorCase,
  out,
  token,
  weight,
  whole,
} from "./operatorCase.ts";
import { Seeded } from "./seeded.ts";

type WeightDType = PlainBytes["dtype"];

interface Dims {
  H: number;
  C: number;
  P: number;
  R: number;
  V: number;
}

const tiny: Dims = { H: 4, C: 64, P: 32, R: 16, V: 32 };
const odd: Dims = { H: 3, C: 10, P: 5, R: 6, V: 7 };

export function mlaLatent(
  layout: "interleaved" | "half",
  T: number,
  start: number,
  { C, R }: Dims,
  dtype: WeightDType,
): OperatorCase {
  const random = new Seeded(T + start + C + R);
  const { cos, sin } = angleTables(start + T + 1, R / 2);
  return operatorCase({
    kind: "mlaLatent",
    name: `${layout} T=${T} start=${start} C=${C} R=${R} ${dtype}`,
    step: { nTokens: T, start },
    tolerance: 2e-6,
    fields: {
      x: token(T, [C + R], random.floats(T * (C + R), 3)),
      weight: weight([C], random.weight(C, dtype)),
      cos: whole([start + T + 1, R / 2], cos),
      sin: whole([start + T + 1, R / 2], sin),
      out: out("token", T, [C + R]),
    },
    operator: (t) => ({
      kind: "mlaLatent",
      layout,
      eps: 1e-6,
      x: t.x,
      weight: t.weight,
      cos: t.cos,
      sin: t.sin,
      out: t.out,
    }),
  });
}

export function mlaAbsorbQuery(T: number, { H, C, P, R }: Dims, dtype: WeightDType): OperatorCase {
  const random = new Seeded(T + H + C + P + R);
  return operatorCase({
    kind: "mlaAbsorbQuery",
    name: `T=${T} H=${H} C=${C} P=${P} R=${R} ${dtype}`,
    step: { nTokens: T, start: 2 },
    tolerance: 5e-6,
    fields: {
      q: token(T, [H, P + R], random.floats(T * H * (P + R))),
      keyWeight: weight([H, C, P], random.weight(H * C * P, dtype)),
      out: out("token", T, [H, C + R]),
    },
    operator: (t) => ({ kind: "mlaAbsorbQuery", q: t.q, keyWeight: t.keyWeight, out: t.out }),
  });
}

export function mlaExpand(
  T: number,
  start: number,
  { H, C, P, R, V }: Dims,
  dtype: WeightDType,
): OperatorCase {
  const random = new Seeded(T + start + H + C);
  const S = start + T;
  return operatorCase({
    kind: "mlaExpand",
    name: `T=${T} start=${start} H=${H} C=${C} P=${P} R=${R} V=${V} ${dtype}`,
    step: { nTokens: T, start },
    tolerance: 5e-6,
    fields: {
      cache: cache(S, [C + R], random.floats(S * (C + R))),
      keyWeight: weight([H, C, P], random.weight(H * C * P, dtype)),
      valueWeight: weight([H, V, C], random.weight(H * V * C, dtype)),
      k: out("position", S, [H, P + R]),
      v: out("position", S, [H, V]),
    },
    operator: (t) => ({
      kind: "mlaExpand",
      cache: t.cache,
      keyWeight: t.keyWeight,
      valueWeight: t.valueWeight,
      k: t.k,
      v: t.v,
    }),
  });
}

export function mlaValue(T: number, { H, C, V }: Dims, dtype: WeightDType): OperatorCase {
  const random = new Seeded(T + H + C + V);
  return operatorCase({
    kind: "mlaValue",
    name: `T=${T} H=${H} C=${C} V=${V} ${dtype}`,
    step: { nTokens: T, start: 0 },
    tolerance: 5e-6,
    fields: {
      u: token(T, [H, C], random.floats(T * H * C)),
      valueWeight: weight([H, V, C], random.weight(H * V * C, dtype)),
      out: out("token", T, [H, V]),
    },
    operator: (t) => ({ kind: "mlaValue", u: t.u, valueWeight: t.valueWeight, out: t.out }),
  });
}

export const mlaCases: readonly OperatorCase[] = [
  mlaLatent("interleaved", 1, 0, odd, "f32"),
  mlaLatent("interleaved", 17, 4, tiny, "bf16"),
  mlaLatent("half", 70, 1, odd, "f16"),
  mlaAbsorbQuery(1, tiny, "bf16"),
  mlaAbsorbQuery(17, tiny, "bf16"),
  mlaAbsorbQuery(2, odd, "f32"),
  mlaAbsorbQuery(17, odd, "f16"),
  mlaExpand(17, 0, tiny, "bf16"),
  mlaExpand(2, 68, tiny, "bf16"),
  mlaExpand(1, 5, odd, "f32"),
  mlaExpand(17, 2, odd, "f16"),
  mlaValue(1, tiny, "bf16"),
  mlaValue(17, tiny, "bf16"),
  mlaValue(2, odd, "f32"),
  mlaValue(17, odd, "f16"),
];
