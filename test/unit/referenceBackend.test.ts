import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { DeviceTensor } from "../../engine/backend/deviceTensor.ts";
import type { Operator } from "../../engine/backend/operators.ts";
import {
  createReferenceBackend,
  type ReferenceBackend,
} from "../../engine/backend/reference/referenceBackend.ts";

function filled(
  backend: ReferenceBackend,
  shape: readonly number[],
  values: readonly number[],
): DeviceTensor {
  const tensor = backend.alloc(shape, "f32", "input");
  backend.write(tensor, 0, Float64Array.from(values));
  return tensor;
}

function indices(
  backend: ReferenceBackend,
  shape: readonly number[],
  values: readonly number[],
): DeviceTensor {
  const tensor = backend.alloc(shape, "i32", "indices");
  backend.write(tensor, 0, Int32Array.from(values));
  return tensor;
}

const ONE_TOKEN = { nTokens: 1, start: 0 };

async function close(
  backend: ReferenceBackend,
  tensor: DeviceTensor,
  expected: readonly number[],
): Promise<void> {
  const got = [...(await backend.read(tensor, 0, expected.length))];
  got.forEach((value, i) => {
    const target = expected[i] as number;
    const same = value === target || Math.abs(value - target) < 1e-12;
    assert.ok(same, `element ${i}: expected ${target}, got ${value} in [${got.join(", ")}]`);
  });
}

describe("the reference backend computes what the formulas say", () => {
  test("embed takes the rows that the ids name", async () => {
    const b = createReferenceBackend();
    const out = b.alloc([2, 2], "f32", "out");
    const table = filled(b, [3, 2], [1, 2, 3, 4, 5, 6]);
    b.execute([{ kind: "embed", ids: indices(b, [2], [2, 0]), table, out }], {
      nTokens: 2,
      start: 0,
    });
    await close(b, out, [5, 6, 1, 2]);
  });

  test("rmsNorm divides by the root of the mean square and multiplies by the weight", async () => {
    const b = createReferenceBackend();
    const out = b.alloc([1, 2], "f32", "out");
    const x = filled(b, [1, 2], [3, 4]);
    const weight = filled(b, [2], [1, 10]);
    b.execute([{ kind: "rmsNorm", rows: "tokens", x, weight, eps: 0.5, out }], {
      nTokens: 1,
      start: 0,
    });
    await close(b, out, [3 / Math.sqrt(13), 40 / Math.sqrt(13)]);
  });

  test("rmsNorm with a short weight treats every head on its own", async () => {
    const b = createReferenceBackend();
    const out = b.alloc([1, 2, 2], "f32", "out");
    const x = filled(b, [1, 2, 2], [3, 4, 6, 8]);
    const weight = filled(b, [2], [1, 10]);
    b.execute([{ kind: "rmsNorm", rows: "tokens", x, weight, eps: 0, out }], ONE_TOKEN);
    const r = Math.sqrt(12.5);
    await close(b, out, [3 / r, 40 / r, 3 / r, 40 / r]);
  });

  test("layerNorm subtracts the mean, divides by the biased deviation, then scales and shifts", async () => {
    const b = createReferenceBackend();
    const out = b.alloc([1, 4], "f32", "out");
    const x = filled(b, [1, 4], [1, 3, 5, 7]); // mean 4, variance 5
    const weight = filled(b, [4], [1, 1, 2, 1]);
    const bias = filled(b, [4], [0, 10, 0, 0]);
    b.execute([{ kind: "layerNorm", rows: "tokens", x, weight, bias, eps: 4, out }], ONE_TOKEN);
    await close(b, out, [-1, 10 - 1 / 3, 2 / 3, 1]);
  });

  test("addPosition adds the table's row of each token's own position", async () => {
    const b = createReferenceBackend();
    const out = b.alloc([1, 2], "f32", "out");
    const x = filled(b, [1, 2], [0.5, 1]);
    const table = filled(b, [3, 2], [1, 2, 3, 4, 5, 6]);
    b.execute([{ kind: "addPosition", shift: 0, x, table, out }], { nTokens: 1, start: 2 });
    await close(b, out, [5.5, 7]);
  });

  test("clamp and gelu work on every element", async () => {
    const b = createReferenceBackend();
    const x = filled(b, [1, 3], [-3, 0, 1]);
    const [clamped, activated] = [b.alloc([1, 3], "f32", "a"), b.alloc([1, 3], "f32", "b")];
    b.execute(
      [
        { kind: "clamp", limit: 0.75, x, out: clamped },
        { kind: "gelu", x, out: activated },
      ],
      ONE_TOKEN,
    );
    await close(b, clamped, [-0.75, 0, 0.75]);
    const tanh = (y: number) => 1 - 2 / (Math.exp(2 * y) + 1);
    const inner = Math.sqrt(2 / Math.PI) * 1.044715;
    const [low, zero, one] = await b.read(activated);
    assert.ok(Math.abs((one as number) - (1 + tanh(inner)) / 2) < 1e-12);
    assert.ok(Math.abs((one as number) - 0.8411919906) < 1e-9); // torch's gelu(approximate="tanh")
    assert.equal(zero, 0);
    assert.ok(Math.abs((low as number) + 0.003637392) < 1e-9);
  });

  test("streams are spread, read with their weights, and written into while they are mixed", async () => {
    const b = createReferenceBackend();
    const x = filled(b, [1, 2], [3, 5]);
    const spread = b.alloc([1, 2, 2], "f32", "spread");
    const read = b.alloc([1, 2], "f32", "read");
    const out = b.alloc([1, 2, 2], "f32", "out");
    const streams = filled(b, [1, 2, 2], [1, 2, 10, 20]);
    const pre = filled(b, [1, 2], [0.5, 2]);
    const post = filled(b, [1, 2], [1, 0.25]);
    const comb = filled(b, [1, 2, 2], [1, 3, 0, 2]); // stream 0 goes once to itself and three times to stream 1
    b.execute(
      [
        { kind: "spreadStreams", x, out: spread },
        { kind: "readStreams", x: streams, pre, out: read },
        { kind: "writeStreams", x: streams, delta: x, post, comb, out },
      ],
      ONE_TOKEN,
    );
    assert.deepEqual([...(await b.read(spread))], [3, 5, 3, 5]);
    assert.deepEqual([...(await b.read(read))], [20.5, 41]);
    assert.deepEqual([...(await b.read(out))], [4, 7, 23.75, 47.25]);
  });

  test("weights of streams: sigmoids, and a softmax whose columns are divided last", async () => {
    const b = createReferenceBackend();
    const x = filled(b, [1, 2, 1], [3, 4]); // rms 5 / sqrt 2
    const factor = Math.SQRT2 / 5;
    const logits = filled(b, [1, 8], [1, 2, 3, 4, 5, 6, 7, 9]);
    const base = filled(b, [8], [0.5, 0, 0, -1, 0, 0, 0, 1]);
    const scale = filled(b, [3], [1, 2, 3]);
    const [pre, post] = [b.alloc([1, 2], "f32", "pre"), b.alloc([1, 2], "f32", "post")];
    const comb = b.alloc([1, 2, 2], "f32", "comb");
    const weights = { x, logits, base, scale, pre, post, comb } as const;
    const numbers = { normEps: 0, eps: 0.25, sinkhornSteps: 2 } as const;
    b.execute([{ kind: "streamWeights", ...numbers, ...weights }], ONE_TOKEN);
    const sigmoid = (z: number) => 1 / (1 + Math.exp(-z));
    await close(b, pre, [sigmoid(factor + 0.5) + 0.25, sigmoid(2 * factor) + 0.25]);
    await close(b, post, [2 * sigmoid(6 * factor), 2 * sigmoid(8 * factor - 1)]);
    const share = (difference: number) => [sigmoid(-difference) + 0.25, sigmoid(difference) + 0.25];
    const [[p = 0, q = 0], [r = 0, s = 0]] = [share(3 * factor), share(6 * factor + 1)];
    const divided = (a: number, z: number) => [a / (a + z + 0.25), z / (a + z + 0.25)] as const;
    const [[a, c], [d, e]] = [divided(p, r), divided(q, s)]; // columns
    const [[f, g], [h, k]] = [divided(a, d), divided(c, e)]; // rows
    const [[m, u], [v, w]] = [divided(f, h), divided(g, k)]; // columns
    await close(b, comb, [m, v, u, w]);
  });

  test("the indexer weighs clipped matches, and its selection keeps the best keys, earlier ones first on ties", async () => {
    const b = createReferenceBackend();
    const scores = b.alloc([2, 4], "f32", "scores");
    const chosen = b.alloc([2, 2], "i32", "chosen");
    const ops: Operator[] = [
      {
        kind: "indexScores",
        scale: 0.5,
        q: filled(b, [2, 2, 1], [1, -1, 1, -1]),
        k: filled(b, [4, 1], [2, -3, 4, 99]),
        weights: filled(b, [2, 2], [10, 1, 1, 2]),
        out: scores,
      },
      { kind: "selectKeys", k: 2, scores, indices: chosen },
    ];
    b.execute(ops, { nTokens: 2, start: 1 });
    const never = Number.NEGATIVE_INFINITY;
    await close(b, scores, [10, 1.5, never, never, 1, 3, 2, never]);
    await close(b, chosen, [0, 1, 1, 2]);
    b.write(scores, 0, Float64Array.from([7, 7, 7, 7, 7, 7, 8, 7]));
    b.execute(ops.slice(1), { nTokens: 1, start: 0 });
    await close(b, chosen, [0, -1]); // one key is all that the first position sees
    b.execute(ops.slice(1), { nTokens: 2, start: 1 });
    await close(b, chosen, [0, 1, 0, 2]);
  });

  test("matmul multiplies by the transposed weight and adds bias and residual", async () => {
    const b = createReferenceBackend();
    const out = b.alloc([1, 2], "f32", "out");
    b.execute(
      [
        {
          kind: "matmul",
          rows: "tokens",
          x: filled(b, [1, 3], [1, 2, 3]),
          weight: filled(b, [2, 3], [1, 0, -1, 2, 2, 2]),
          bias: filled(b, [2], [10, 20]),
          residual: filled(b, [1, 2], [0.5, 0.25]),
          out,
        },
      ],
      { nTokens: 1, start: 0 },
    );
    await close(b, out, [8.5, 32.25]);
  });

  test("rope turns interleaved pairs and half-split pairs by the angle of the position", async () => {
    const b = createReferenceBackend();
    const cos = filled(b, [2, 2], [1, 1, 0, -1]);
    const sin = filled(b, [2, 2], [0, 0, 1, 0]);
    const x = filled(b, [1, 1, 5], [9, 1, 2, 3, 4]);
    const out = b.alloc([1, 1, 5], "f32", "out");
    const rope = { kind: "rope", offset: 1, dim: 4, x, cos, sin, out } as const;
    b.execute([{ ...rope, layout: "interleaved" }], { nTokens: 1, start: 1 });
    await close(b, out, [9, -2, 1, -3, -4]);
    b.execute([{ ...rope, layout: "half" }], { nTokens: 1, start: 1 });
    await close(b, out, [9, -3, -2, 1, -4]);
  });

  test("mlaLatent norms the latent and rotates the shared key, which it does not norm", async () => {
    const b = createReferenceBackend();
    const out = b.alloc([1, 4], "f32", "out");
    b.execute(
      [
        {
          kind: "mlaLatent",
          layout: "interleaved",
          eps: 0,
          x: filled(b, [1, 4], [1, 7, 2, 3]),
          weight: filled(b, [2], [5, 10]),
          cos: filled(b, [1, 1], [0]),
          sin: filled(b, [1, 1], [1]),
          out,
        },
      ],
      { nTokens: 1, start: 0 },
    );
    await close(b, out, [1, 14, -3, 2]);
  });

  test("absorbed and expanded MLA give the same attention", async () => {
    const b = createReferenceBackend();
    const [H, C, P, R, V, S] = [2, 3, 2, 2, 4, 5];
    const wave = (n: number, seed: number): number[] =>
      Array.from({ length: n }, (_, i) => Math.sin(seed + 1.7 * i));
    const q = filled(b, [1, H, P + R], wave(H * (P + R), 1));
    const cache = filled(b, [S, C + R], wave(S * (C + R), 2));
    const keyWeight = filled(b, [H, C, P], wave(H * C * P, 3));
    const valueWeight = filled(b, [H, V, C], wave(H * V * C, 4));
    const make = (...shape: number[]): DeviceTensor => b.alloc(shape, "f32", "made");
    const [k, v, z, lse] = [make(S, H, P + R), make(S, H, V), make(1, H, V), make(1, H)];
    const [absorbed, u, zAbsorbed, lseAbsorbed] = [
      make(1, H, C + R),
      make(1, H, C),
      make(1, H, V),
      make(1, H),
    ];
    const shared = {
      kind: "attention",
      scale: 0.5,
      window: null,
      nHeads: H,
      sinks: null,
      selection: null,
      temperatures: null,
      mask: null,
    } as const;
    b.execute(
      [
        { kind: "mlaExpand", cache, keyWeight, valueWeight, k, v },
        { ...shared, nKvHeads: H, dKey: P + R, dValue: V, q, k, v, out: z, lse, moments: null },
        { kind: "mlaAbsorbQuery", q, keyWeight, out: absorbed },
        {
          ...shared,
          nKvHeads: 1,
          dKey: C + R,
          dValue: C,
          q: absorbed,
          k: cache,
          v: null,
          out: u,
          lse: lseAbsorbed,
          moments: null,
        },
        { kind: "mlaValue", u, valueWeight, out: zAbsorbed },
      ],
      { nTokens: 1, start: S - 1 },
    );
    await close(b, zAbsorbed, [...(await b.read(z))]);
    await close(b, lseAbsorbed, [...(await b.read(lse))]);
  });

  test("attention weighs values by the softmax of scaled scores and keeps their log-sum-exp", async () => {
    const b = createReferenceBackend();
    const out = b.alloc([2, 1, 1], "f32", "out");
    const lse = b.alloc([2, 1], "f32", "lse");
    const attention: Operator = {
      kind: "attention",
      scale: Math.log(2),
      window: null,
      nHeads: 1,
      nKvHeads: 1,
      dKey: 1,
      dValue: 1,
      q: filled(b, [2, 1, 1], [1, 1]),
      k: filled(b, [2, 1, 1], [1, 3]),
      v: filled(b, [2, 1, 1], [10, 20]),
      sinks: null,
      selection: null,
      temperatures: null,
      mask: null,
      out,
      lse,
      moments: null,
    };
    b.execute([attention], { nTokens: 2, start: 0 });
    await close(b, out, [10, (2 * 10 + 8 * 20) / 10]);
    await close(b, lse, [Math.log(2), Math.log(10)]);
    b.execute([{ ...attention, window: 1 }], { nTokens: 2, start: 0 });
    await close(b, out, [10, 20]);
  });

  test("a sink takes its share of the softmax and gives nothing; a selection hides the other keys", async () => {
    const b = createReferenceBackend();
    const [out, lse] = [b.alloc([1, 1, 1], "f32", "out"), b.alloc([1, 1], "f32", "lse")];
    const attention = {
      kind: "attention",
      scale: Math.log(2),
      window: null,
      nHeads: 1,
      nKvHeads: 1,
      dKey: 1,
      dValue: 1,
      q: filled(b, [1, 1, 1], [1]),
      k: filled(b, [3, 1, 1], [1, 2, 3]), // weights 2, 4 and 8
      v: filled(b, [3, 1, 1], [10, 20, 30]),
      sinks: filled(b, [1], [Math.log(6)]),
      selection: null,
      temperatures: null,
      mask: null,
      out,
      lse,
      moments: null,
    } as const;
    const step = { nTokens: 1, start: 2 };
    b.execute([attention], step);
    await close(b, out, [(20 + 80 + 240) / 20]);
    await close(b, lse, [Math.log(20)]);
    const selection = indices(b, [1, 2], [0, 2]);
    b.execute([{ ...attention, sinks: null, selection }], step);
    await close(b, out, [(20 + 240) / 10]);
    b.execute([{ ...attention, sinks: null, selection: indices(b, [1, 2], [1, -1]) }], step);
    await close(b, out, [20]);
  });

  test("an expert's biases are added before its activation, and a clamped gate is bounded above alone", async () => {
    const b = createReferenceBackend();
    const [out, down] = [b.alloc([1, 1, 3], "f32", "out"), b.alloc([1, 1, 1], "f32", "down")];
    const chosen = indices(b, [1, 1], [1]);
    const sigmoid = (y: number) => 1 / (1 + Math.exp(-y));
    b.execute(
      [
        {
          kind: "expertsUp",
          x: filled(b, [1, 1], [2]),
          indices: chosen,
          activation: { kind: "clamped", alpha: 1.5, limit: 3 },
          gate: filled(b, [2, 3, 1], [0, 0, 0, 1, 5, -5]),
          up: filled(b, [2, 3, 1], [0, 0, 0, 0.5, 9, -9]),
          gateBias: filled(b, [2, 3], [9, 9, 9, -1, 0, 0]),
          upBias: filled(b, [2, 3], [9, 9, 9, 0.25, 0, 0]),
          out,
        },
        {
          kind: "expertsDown",
          h: filled(b, [1, 1, 1], [4]),
          indices: chosen,
          down: filled(b, [2, 1, 1], [7, 0.5]),
          bias: filled(b, [2, 1], [100, 0.125]),
          out: down,
        },
      ],
      ONE_TOKEN,
    );
    await close(b, out, [sigmoid(1.5) * 2.25, 3 * sigmoid(4.5) * 4, -10 * sigmoid(-15) * -2]);
    await close(b, down, [2.125]);
  });

  test("attentionTile recomputes the pattern, masks the future and pools", async () => {
    const b = createReferenceBackend();
    const out = b.alloc([1, 2, 2], "f32", "out");
    const tile = {
      kind: "attentionTile",
      mode: "pattern",
      pool: null,
      scale: Math.log(2),
      window: null,
      nHeads: 1,
      nKvHeads: 1,
      dKey: 1,
      headStart: 0,
      headCount: 1,
      queryStart: 0,
      queryCount: 2,
      keyStart: 0,
      keyCount: 2,
      q: filled(b, [2, 1, 1], [1, 1]),
      k: filled(b, [2, 1, 1], [1, 3]),
      lse: filled(b, [2, 1], [Math.log(2), Math.log(10)]),
      selection: null,
      temperatures: null,
      mask: null,
      out,
    } as const;
    const step = { nTokens: 1, start: 0 };
    b.execute([tile], step);
    await close(b, out, [1, 0, 0.2, 0.8]);
    b.execute([{ ...tile, selection: indices(b, [2, 1], [0, 1]) }], step);
    await close(b, out, [1, 0, 0, 0.8]);
    b.execute([{ ...tile, mode: "scores" }], step);
    await close(b, out, [Math.log(2), Number.NEGATIVE_INFINITY, Math.log(2), 3 * Math.log(2)]);
    b.execute([{ ...tile, pool: { size: 2, kind: "mean" } }], step);
    await close(b, out, [0.5]);
    b.execute([{ ...tile, pool: { size: 2, kind: "max" } }], step);
    await close(b, out, [1]);
  });

  test("route selects on biased scores, weighs by unbiased ones, and ties go to the lower index", async () => {
    const b = createReferenceBackend();
    const make = (n: number): DeviceTensor => b.alloc([1, n], "f32", "made");
    const [scores, biased, weights] = [make(4), make(4), make(2)];
    const chosen = b.alloc([1, 2], "i32", "chosen");
    const route: Operator = {
      kind: "route",
      scoring: "sigmoid",
      k: 2,
      nGroups: 2,
      nGroupsKept: 1,
      groupScore: "top2sum",
      normalize: true,
      scale: 3,
      logits: filled(b, [1, 4], [0, Math.log(3), 0, 0]),
      bias: filled(b, [4], [0, 0, 1, 1]),
      adjust: null,
      adjustRows: null,
      counts: null,
      scores,
      biased,
      indices: chosen,
      weights,
    };
    b.execute([route], { nTokens: 1, start: 0 });
    const lost = Number.NEGATIVE_INFINITY;
    await close(b, scores, [0.5, 0.75, 0.5, 0.5]);
    await close(b, biased, [lost, lost, 1.5, 1.5]);
    await close(b, chosen, [2, 3]);
    await close(b, weights, [1.5, 1.5]);
    b.execute([{ ...route, bias: null, normalize: false }], { nTokens: 1, start: 0 });
    await close(b, chosen, [1, 0]);
    await close(b, weights, [2.25, 1.5]);
  });

  test("experts run the token through the chosen experts and combine by weight", async () => {
    const b = createReferenceBackend();
    const [h, e, y] = [
      b.alloc([1, 2, 1], "f32", "h"),
      b.alloc([1, 2, 1], "f32", "e"),
      b.alloc([1, 1], "f32", "y"),
    ];
    const chosen = indices(b, [1, 2], [1, 0]);
    b.execute(
      [
        {
          kind: "expertsUp",
          x: filled(b, [1, 1], [2]),
          indices: chosen,
          gate: filled(b, [2, 1, 1], [0, Math.log(3) / 2]),
          up: filled(b, [2, 1, 1], [1, 4]),
          activation: { kind: "silu" },
          gateBias: null,
          upBias: null,
          out: h,
        },
        {
          kind: "expertsDown",
          h,
          indices: chosen,
          down: filled(b, [2, 1, 1], [7, 0.5]),
          bias: null,
          out: e,
        },
        {
          kind: "expertsCombine",
          experts: e,
          weights: filled(b, [1, 2], [2, 5]),
          shared: filled(b, [1, 1], [100]),
          out: y,
        },
      ],
      { nTokens: 1, start: 0 },
    );
    const first = Math.log(3) * 0.75 * 8;
    await close(b, h, [first, 0]);
    await close(b, y, [first + 100]);
  });

  test("projectHeads splits o_proj by head and its shares sum to the whole", async () => {
    const b = createReferenceBackend();
    const z = filled(b, [1, 2, 2], [1, 2, 3, 4]);
    const outputWeight = filled(b, [1, 4], [1, 10, 100, 1000]);
    const [shares, whole] = [b.alloc([1, 2, 1], "f32", "s"), b.alloc([1, 1], "f32", "w")];
    b.execute(
      [
        { kind: "projectHeads", z, outputWeight, out: shares },
        {
          kind: "matmul",
          rows: "tokens",
          x: z,
          weight: outputWeight,
          bias: null,
          residual: null,
          out: whole,
        },
      ],
      { nTokens: 1, start: 0 },
    );
    await close(b, shares, [21, 4300]);
    await close(b, whole, [4321]);
  });
});

describe("the reference backend keeps every float in 64 bits", () => {
  test("and counts them so", () => {
    const b = createReferenceBackend();
    b.alloc([3, 5], "f32", "a");
    b.alloc([4], "i32", "b");
    b.allocWeight([2], "bf16", "c");
    assert.deepEqual(b.memory, { tensors: 3, bytes: 15 * 8 + 4 * 4 + 2 * 8 });
  });

  test("and rounds no packed weight", async () => {
    const b = createReferenceBackend();
    const weight = b.allocWeight([1, 32], "f8e4m3", "weight");
    const data = new Uint8Array(32).fill(0x3b); // 1.375
    const scales = new Uint8Array(Float32Array.of(0.1).buffer);
    b.writeWeight(weight, 0, { dtype: "f8e4m3", data, scales, group: 32 });
    const out = b.alloc([1, 32], "f32", "out");
    b.execute([{ kind: "embed", ids: indices(b, [1], [0]), table: weight, out }], ONE_TOKEN);
    const exact = 1.375 * Math.fround(0.1);
    assert.notEqual(exact, Math.fround(exact));
    assert.deepEqual([...(await b.read(out))], new Array(32).fill(exact));
  });
});
