import { test } from "node:test";
import { createCpuBackend } from "../../engine/backend/cpu/cpuBackend.ts";
import {
  attention,
  attentionTile,
  projectHeads,
  rope,
} from "../differential/cases/attentionCases.ts";
import { attentionScores, mixValues, softmax } from "../differential/cases/attentionPartsCases.ts";
import {
  add,
  addPosition,
  clamp,
  embed,
  gelu,
  layerNorm,
  matmul,
  rmsNorm,
  swiGlu,
} from "../differential/cases/denseCases.ts";
import { edit } from "../differential/cases/editCases.ts";
import {
  expertsCombine,
  expertsDown,
  expertsUp,
  route,
} from "../differential/cases/expertCases.ts";
import { indexScores, selectKeys } from "../differential/cases/indexerCases.ts";
import { mlaAbsorbQuery, mlaExpand, mlaLatent, mlaValue } from "../differential/cases/mlaCases.ts";
import type { OperatorCase } from "../differential/cases/operatorCase.ts";
import {
  readStreams,
  spreadStreams,
  streamReadWeights,
  streamWeights,
  writeStreams,
} from "../differential/cases/streamCases.ts";
import { compareWithReference } from "../differential/operatorCases.ts";
import fc from "../fixtures/fastCheck.ts";

/** Sizes around the kernels' tiles: one, the odd, the multiples of 4, 8, 16 and 32, and their neighbours. */
const size = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 41, max: 140 }));
const small = fc.integer({ min: 1, max: 9 });
const tokens = fc.integer({ min: 1, max: 40 });
const dtype = fc.constantFrom("f32" as const, "bf16" as const, "f16" as const);
const layout = fc.constantFrom("interleaved" as const, "half" as const);

const backend = await createCpuBackend();

function everyCase<T>(
  name: string,
  arbitrary: fc.Arbitrary<T>,
  make: (t: T) => OperatorCase,
): void {
  test(`cpu equals the reference for any ${name}`, () =>
    fc.assert(
      fc.asyncProperty(arbitrary, (given) => compareWithReference(backend, make(given))),
      { numRuns: 25 },
    ));
}

everyCase("embed", fc.tuple(tokens, size, size, dtype), (t) => embed(...t));
everyCase("rmsNorm", fc.tuple(tokens, size, dtype), ([T, N, d]) => rmsNorm(T, N, d, 2, 1e-6));
everyCase("matmul", fc.tuple(tokens, size, size, dtype, fc.boolean(), fc.boolean()), (t) =>
  matmul(...t),
);
everyCase("add", fc.tuple(tokens, size), (t) => add(...t));
everyCase("swiGlu", fc.tuple(tokens, size, fc.constantFrom(1, 30)), (t) => swiGlu(...t));

const nStreams = fc.integer({ min: 1, max: 16 });
everyCase("spreadStreams", fc.tuple(tokens, nStreams, size), (t) => spreadStreams(...t));
everyCase(
  "streamWeights",
  fc.tuple(tokens, nStreams, size, fc.integer({ min: 1, max: 20 }), fc.constant(2), dtype, dtype),
  (t) => streamWeights(...t),
);
everyCase("streamWeights to read", fc.tuple(tokens, nStreams, size, dtype), (t) =>
  streamReadWeights(...t),
);
everyCase("readStreams", fc.tuple(tokens, nStreams, size), (t) => readStreams(...t));
everyCase("writeStreams", fc.tuple(tokens, nStreams, size), (t) => writeStreams(...t));

everyCase("layerNorm", fc.tuple(tokens, size, dtype, dtype), (t) => layerNorm(...t, 1e-5));
everyCase("addPosition", fc.tuple(tokens, small, size, dtype), (t) => addPosition(...t));
everyCase("clamp", fc.tuple(tokens, size, fc.constantFrom(0.5, 5)), (t) => clamp(...t));
everyCase("gelu", fc.tuple(tokens, size, fc.constantFrom(1, 30)), (t) => gelu(...t));

everyCase(
  "rope",
  fc.tuple(layout, tokens, small, small, fc.tuple(small, small, small)),
  ([l, T, start, H, [before, pairs, after]]) =>
    rope(l, T, start, H, before + 2 * pairs + after, before, 2 * pairs),
);

const headEdits = fc.record(
  {
    temperatures: fc.constant("some" as const),
    mask: fc.constantFrom("some" as const, "few" as const),
  },
  { requiredKeys: [] },
);
const heads = fc.record({
  edits: headEdits,
  T: tokens,
  start: fc.integer({ min: 0, max: 130 }),
  kvHeads: fc.integer({ min: 1, max: 3 }),
  group: fc.integer({ min: 1, max: 3 }),
  dKey: size,
  dValue: size,
  window: fc.option(fc.integer({ min: 1, max: 90 })),
  sharedValue: fc.boolean(),
  sinks: fc.option(dtype),
  selected: fc.option(fc.integer({ min: 1, max: 90 })),
});

everyCase(
  "edit",
  fc
    .record({
      action: fc.constantFrom("zero", "scale", "add", "replace", "project", "average" as const),
      T: tokens,
      columns: fc.tuple(fc.integer({ min: 0, max: 9 }), size),
      after: fc.integer({ min: 0, max: 9 }),
      factor: fc.constantFrom(0, -2, 0.3),
    })
    .map(({ columns, after, ...rest }) => ({
      ...rest,
      columns,
      row: [columns[0] + columns[1] + after],
    })),
  edit,
);

everyCase("attention", heads, ({ kvHeads, group, window, sinks, selected, ...rest }) =>
  attention({
    ...rest,
    ...(sinks === null ? {} : { sinks }),
    ...(selected === null ? {} : { selected }),
    H: kvHeads * group,
    K: kvHeads,
    dValue: rest.sharedValue ? Math.min(rest.dKey, rest.dValue) : rest.dValue,
    ...(window === null || selected !== null ? {} : { window }),
  }),
);

everyCase("attentionScores", heads, ({ kvHeads, group, window, selected, sinks: _, ...rest }) =>
  attentionScores({
    ...rest,
    ...(selected === null ? {} : { selected }),
    H: kvHeads * group,
    K: kvHeads,
    ...(window === null || selected !== null ? {} : { window }),
  }),
);
everyCase(
  "softmax",
  fc
    .record({ T: tokens, start: size, H: small, sinks: fc.option(dtype) })
    .map(({ sinks, ...rest }) => ({ ...rest, ...(sinks === null ? {} : { sinks }) })),
  softmax,
);
everyCase(
  "mixValues",
  fc
    .record({ T: tokens, start: size, K: small, group: small, dValue: size, beyond: small })
    .map(({ group, ...rest }) => ({ ...rest, H: rest.K * group })),
  mixValues,
);

const range = fc
  .tuple(fc.integer({ min: 0, max: 32 }), fc.integer({ min: 1, max: 33 }))
  .map(([start, count]) => [start, Math.min(count, 33 - start)] as const);

everyCase(
  "attentionTile",
  fc.record({
    mode: fc.constantFrom("pattern" as const, "scores" as const),
    pool: fc.option(
      fc.record({ size: small, kind: fc.constantFrom("mean" as const, "max" as const) }),
    ),
    window: fc.option(fc.integer({ min: 1, max: 33 })),
    selected: fc.option(fc.integer({ min: 1, max: 40 })),
    queries: range,
    keys: range,
    dKey: size,
    edits: headEdits,
  }),
  ({ pool, window, selected, ...rest }) =>
    attentionTile({
      ...rest,
      ...(pool ? { pool } : {}),
      ...(selected ? { selected } : window ? { window } : {}),
    }),
);

everyCase("projectHeads", fc.tuple(tokens, small, size, size, dtype), (t) => projectHeads(...t));

const mlaDims = fc
  .record({ H: small, C: size, P: size, R: small, V: size })
  .map((dims) => ({ ...dims, R: 2 * dims.R }));
const start = fc.integer({ min: 0, max: 9 });

everyCase("mlaLatent", fc.tuple(layout, tokens, start, mlaDims, dtype), (t) => mlaLatent(...t));
everyCase("mlaAbsorbQuery", fc.tuple(small, mlaDims, dtype), (t) => mlaAbsorbQuery(...t));
everyCase("mlaExpand", fc.tuple(small, start, mlaDims, dtype), (t) => mlaExpand(...t));
everyCase("mlaValue", fc.tuple(small, mlaDims, dtype), (t) => mlaValue(...t));

everyCase(
  "indexScores",
  fc.tuple(tokens, fc.integer({ min: 0, max: 130 }), small, size, small),
  (t) => indexScores(...t),
);
everyCase(
  "selectKeys",
  fc.tuple(
    tokens,
    fc.integer({ min: 0, max: 600 }),
    fc.integer({ min: 1, max: 300 }),
    fc.boolean(),
  ),
  (t) => selectKeys(...t),
);

const activation = fc.constantFrom(
  { kind: "silu" as const },
  { kind: "clamped" as const, alpha: 1.702, limit: 2 },
);
const experts = fc
  .record({ T: tokens, E: small, k: small, M: size, I: size, dtype, activation })
  .chain((dims) =>
    fc.option(dtype).map((bias) => ({ ...dims, ...(bias === null ? {} : { bias }) })),
  );

everyCase("expertsUp", experts, expertsUp);
everyCase("expertsDown", experts, expertsDown);
everyCase("expertsCombine", fc.tuple(tokens, small, size, fc.boolean()), (t) =>
  expertsCombine(...t),
);
everyCase(
  "route",
  fc.record({
    T: tokens,
    groups: fc.integer({ min: 1, max: 4 }),
    perGroup: small,
    kept: fc.integer({ min: 1, max: 4 }),
    k: small,
    scoring: fc.constantFrom("sigmoid" as const, "softmax" as const),
    groupScore: fc.constantFrom("top2sum" as const, "max" as const),
    normalize: fc.boolean(),
    bias: fc.option(fc.constantFrom(0.5, 6)),
    adjust: fc.option(fc.record({ forced: fc.array(fc.nat(36)), forbidden: fc.array(fc.nat(36)) })),
  }),
  ({ groups, perGroup, kept, k, bias, adjust, ...rest }) => {
    const nKept = Math.min(kept, groups);
    return route({
      ...rest,
      name: `${groups} groups, ${nKept} kept, bias ${bias}`,
      E: groups * perGroup,
      k: Math.min(k, nKept * perGroup),
      groups: [groups, nKept],
      scale: 2.5,
      // Equal scores are equal in both precisions. Equal sums of two need not be: sigmoid(x) + sigmoid(-x) is 1 for any x.
      ties: rest.groupScore === "max",
      ...(bias === null ? {} : { bias }),
      ...(adjust === null ? {} : { adjust }),
    });
  },
);
