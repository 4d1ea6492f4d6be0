import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { checkOperator } from "../../engine/backend/checkOperator.ts";
import type { DeviceTensor } from "../../engine/backend/deviceTensor.ts";
import { edgeMaskShape } from "../../engine/backend/edgeMask.ts";
import type { Operator } from "../../engine/backend/operators.ts";
import { ShapeError } from "../../engine/base/errors.ts";
import type { OperatorCase } from "../differential/cases/operatorCase.ts";
import { operatorCases } from "../differential/operatorCases.ts";

type Tensors = Readonly<Record<string, DeviceTensor>>;

function tensorsOf({ fields }: OperatorCase): Tensors {
  const entries = Object.entries(fields).map(([label, field]) => {
    const input = field.role === "out" ? field.initial : field.data;
    const plain = input instanceof Int32Array ? ("i32" as const) : ("f32" as const);
    const dtype = "dtype" in input ? input.dtype : plain;
    return [label, { shape: field.shape, dtype, label, sizeBytes: 0 }] as const;
  });
  return Object.fromEntries(entries);
}

/** What comes of a case in which one tensor is another one. */
function verdict(given: OperatorCase, field: string, change: Partial<DeviceTensor>) {
  const tensors = tensorsOf(given);
  const tensor = { ...tensors[field]!, ...change };
  try {
    return checkOperator(given.operator({ ...tensors, [field]: tensor }));
  } catch (error) {
    assert.ok(error instanceof ShapeError, `${given.kind}: not a ShapeError: ${error}`);
    assert.match(error.message, new RegExp(`^${given.kind}: expected `));
    return error;
  }
}

/** A case may bring a tensor that its operator leaves out, such as the bias of a product without one. */
function isUsed(given: OperatorCase, field: string): boolean {
  const tensors = tensorsOf(given);
  return Object.values(given.operator(tensors)).includes(tensors[field]);
}

/** Names of what was accepted in some case of the kind, as `kind.field`. */
function accepted(of: (given: OperatorCase, field: string) => boolean): string[] {
  const found = new Set<string>();
  for (const given of operatorCases)
    for (const field of Object.keys(given.fields))
      if (isUsed(given, field) && of(given, field)) found.add(`${given.kind}.${field}`);
  return [...found].sort();
}

describe("the contract of every operator is held for every tensor", () => {
  test("floats where integers belong, and integers where floats do, are refused", () => {
    const wrong = accepted((given, field) => {
      const isInteger = tensorsOf(given)[field]?.dtype === "i32";
      const got = verdict(given, field, { dtype: isInteger ? "f32" : "i32" });
      if (got instanceof ShapeError) {
        assert.equal(got.code, "ERR_DTYPE");
        assert.match(got.message, new RegExp(`expected ${field} of dtype .*\\(${field}\\)`));
      }
      return !(got instanceof ShapeError);
    });
    assert.deepEqual(wrong, []);
  });

  test("one element more in a row is refused, but where rows are as long as they like", () => {
    const wider = accepted((given, field) => {
      const { shape } = tensorsOf(given)[field]!;
      const longer = shape.map((size, axis) => (axis === shape.length - 1 ? size + 1 : size));
      return !(verdict(given, field, { shape: longer }) instanceof ShapeError);
    });
    assert.deepEqual(wider, [
      "attention.mask", // any number of words
      "attention.selection", // as many keys as one selects
      "attentionMetrics.earlier", // a number for each token: more of them
      "attentionMetrics.mask",
      "attentionMetrics.out", // may be larger
      "attentionMetrics.selection",
      "attentionScores.mask",
      "attentionScores.out", // a column for each position
      "attentionScores.selection",
      "attentionTile.mask",
      "attentionTile.out", // may be larger
      "attentionTile.selection",
      "edit.rows", // one number a row: this is a row more
      "editMap.rows",
      "editMap.values", // as many keys as are given
      "embed.ids",
      "indexScores.out", // a column for each position
      "mixValues.values", // the first elements of a longer row are taken
      "route.adjustRows",
      "route.counts",
      "selectKeys.scores",
      "streamWeights.x", // streams of any width
      "tokenLogProbs.ids", // as embed.ids
      "tokenLogProbs.logits", // a vocabulary of any size
      "tokenLogProbs.out",
    ]);
  });

  test("rows that are missing are refused or allow shorter steps, but where they may be any number", () => {
    const shorter = accepted((given, field) => {
      const [rows = 0, ...rest] = tensorsOf(given)[field]!.shape;
      if (rows === 1) return false;
      const got = verdict(given, field, { shape: [1, ...rest] });
      return !(got instanceof ShapeError) && got.maxTokens !== 1 && got.maxPosition !== 1;
    });
    assert.deepEqual(shorter, [
      "edit.values", // rows that do not exist are refused when they come
      "editMap.values",
      "embed.table", // ids beyond the table and experts that do not exist are refused when they come
      "expertsDown.down",
      "rmsNorm.weight", // over runs of one element
      "route.adjust",
    ]);
  });

  test("what is written is a tensor of its own", () => {
    const shared = accepted((given, field) => {
      if (given.fields[field]?.role !== "out") return false;
      return Object.keys(given.fields).some((other) => {
        if (other === field || !isUsed(given, other)) return false;
        const tensors = tensorsOf(given);
        try {
          checkOperator(given.operator({ ...tensors, [field]: tensors[other]! }));
          return true;
        } catch (error) {
          assert.ok(error instanceof ShapeError);
          return false;
        }
      });
    });
    assert.deepEqual(shared, []);
  });
});

/** The first case of a kind that has what is asked for. */
function operatorOf<K extends Operator["kind"]>(
  kind: K,
  has: (operator: Operator & { kind: K }) => boolean = () => true,
): Operator & { kind: K } {
  for (const given of operatorCases) {
    const operator = given.operator(tensorsOf(given));
    if (operator.kind === kind && has(operator as Operator & { kind: K }))
      return operator as Operator & { kind: K };
  }
  throw new Error(`no case of ${kind}`);
}

const refuses = (operator: Operator, field: string, code = "ERR_SHAPE"): void =>
  assert.throws(() => checkOperator(operator), {
    code,
    message: new RegExp(`^${operator.kind}: expected ${field} `),
  });

describe("the contract of every operator is held for every number", () => {
  test("clamp has a limit above 0, selectKeys a whole number of keys", () => {
    const clamp = operatorOf("clamp");
    for (const limit of [0, -1, Number.NaN]) refuses({ ...clamp, limit }, "limit");
    checkOperator({ ...clamp, limit: 1e-30 });
    const select = operatorOf("selectKeys");
    for (const k of [0, -1, 1.5]) refuses({ ...select, k }, "k");
  });

  test("rope rotates an even number of dims that lie inside the head", () => {
    const rope = operatorOf("rope", ({ dim, x }) => dim < (x.shape[2] ?? 0));
    const dHead = rope.x.shape[2] ?? 0;
    refuses({ ...rope, dim: rope.dim - 1 }, "dim");
    refuses({ ...rope, offset: -1 }, "offset");
    checkOperator({ ...rope, offset: dHead - rope.dim });
    refuses({ ...rope, offset: dHead - rope.dim + 1 }, "offset \\+ dim");
  });

  test("query heads are a multiple of the key heads, and a window holds one key at least", () => {
    for (const kind of ["attention", "attentionTile"] as const) {
      const operator = operatorOf(kind, ({ selection }) => selection === null);
      for (const nKvHeads of [0, operator.nHeads + 1]) refuses({ ...operator, nKvHeads }, "nHeads");
      refuses({ ...operator, window: 0 }, "window");
      checkOperator({ ...operator, window: 1 });
      const selected = operatorOf(kind, ({ selection }) => selection !== null);
      refuses({ ...selected, window: 1 }, "window");
    }
  });

  test("a mask of edges has a row of bits behind its map", () => {
    for (const kind of ["attention", "attentionTile"] as const) {
      const masked = operatorOf(kind, ({ mask }) => mask !== null);
      const mask = masked.mask!;
      const shape = edgeMaskShape(masked.q.shape[0] ?? 0, masked.nHeads, 40, 1);
      checkOperator({ ...masked, mask: { ...mask, shape } });
      refuses({ ...masked, mask: { ...mask, shape: [shape[0] - 1, shape[1]] } }, "mask");
      refuses({ ...masked, mask: { ...mask, shape: [shape[0], shape[1], 1] } }, "mask");
    }
  });

  test("a row of the latent cache, or of the queries, holds at least what is taken from it", () => {
    const expand = operatorOf("mlaExpand");
    const [nHeads = 0, dLatent = 0, dNope = 0] = expand.keyWeight.shape;
    const [rows = 0] = expand.cache.shape;
    const narrow = { ...expand.cache, shape: [rows, dLatent - 1] };
    const k = { ...expand.k, shape: [rows, nHeads * (dNope - 1)] };
    refuses({ ...expand, cache: narrow, k }, "cache");
    const absorb = operatorOf("mlaAbsorbQuery");
    const [heads = 0, latent = 0, nope = 0] = absorb.keyWeight.shape;
    const q = { ...absorb.q, shape: [1, heads * (nope - 1)] };
    const out = { ...absorb.out, shape: [1, heads * (latent - 1)] };
    refuses({ ...absorb, q, out }, "q");
  });

  test("values that lie inside the keys are no wider than those", () => {
    const shared = operatorOf("attention", ({ v }) => v === null);
    const [rows = 0] = shared.out.shape;
    const wide = (dValue: number): Operator => ({
      ...shared,
      dValue,
      out: { ...shared.out, shape: [rows, shared.nHeads * dValue] },
    });
    checkOperator(wide(shared.dKey));
    refuses(wide(shared.dKey + 1), "dValue");
  });

  test("a router keeps groups and experts that there are", () => {
    const route = operatorOf("route", ({ nGroups }) => nGroups > 1);
    const nExperts = route.logits.shape[1] ?? 0;
    refuses({ ...route, nGroups: nExperts + 1 }, "nGroups");
    refuses({ ...route, nGroups: nExperts - 1 }, "nGroups");
    refuses({ ...route, nGroupsKept: 0 }, "nGroupsKept");
    refuses({ ...route, nGroupsKept: route.nGroups + 1 }, "nGroupsKept");
    checkOperator({ ...route, nGroupsKept: route.nGroups });
    const available = (route.nGroupsKept * nExperts) / route.nGroups;
    const keeping = (k: number): Operator => ({
      ...route,
      k,
      indices: { ...route.indices, shape: [1, k] },
      weights: { ...route.weights, shape: [1, k] },
    });
    refuses(keeping(0), "k");
    checkOperator(keeping(available));
    refuses(keeping(available + 1), "k");
    const adjusted = operatorOf("route", ({ adjust }) => adjust !== null);
    refuses({ ...adjusted, adjust: null }, "adjust");
    refuses({ ...adjusted, adjustRows: null }, "adjust");
  });

  test("a tile lies inside the map, in all three directions", () => {
    const tile = operatorOf("attentionTile", ({ pool }) => pool === null);
    const small = { ...tile, headStart: 0, headCount: 1, queryStart: 0, queryCount: 1 };
    const one = { ...small, keyStart: 0, keyCount: 1 };
    checkOperator(one);
    const [nQueries = 0, nKeys = 0] = [tile.q.shape[0], tile.k.shape[0]];
    const axes = [
      ["head", "heads", tile.nHeads],
      ["query", "queries", nQueries],
      ["key", "keys", nKeys],
    ] as const;
    for (const [axis, name, limit] of axes) {
      checkOperator({ ...one, [`${axis}Start`]: limit - 1 });
      refuses({ ...one, [`${axis}Start`]: limit }, name);
      refuses({ ...one, [`${axis}Start`]: -1 }, name);
      refuses({ ...one, [`${axis}Count`]: 0 }, name);
    }
    refuses({ ...one, lse: { ...tile.lse, shape: [0, tile.nHeads] } }, "queries");
  });

  test("a pooled tile needs one element for each begun pool", () => {
    const tile = operatorOf("attentionTile", ({ pool }) => pool !== null);
    const cells = (size: number): number =>
      tile.headCount * Math.ceil(tile.queryCount / size) * Math.ceil(tile.keyCount / size);
    const pooled = (size: number, elements: number): Operator => ({
      ...tile,
      pool: { kind: "max", ...tile.pool, size },
      out: { ...tile.out, shape: [elements] },
    });
    for (const size of [1, 2, 3]) {
      checkOperator(pooled(size, cells(size)));
      refuses(pooled(size, cells(size) - 1), "out");
    }
    for (const size of [0, 1.5]) refuses(pooled(size, 1e9), "pool.size");
  });

  test("an edit changes columns that there are, with values where its action takes some", () => {
    const edit = operatorOf("edit", ({ action }) => action === "scale");
    const width = edit.x.shape.slice(1).reduce((a, b) => a * b, 1);
    checkOperator({ ...edit, columnStart: width - 1, columnCount: 1 });
    for (const [columnStart, columnCount] of [
      [width, 1],
      [-1, 1],
      [0, 0],
      [0, width + 1],
      [0, 0.5],
    ] as const)
      refuses({ ...edit, columnStart, columnCount }, "columns");
    for (const factor of [Number.NaN, Infinity]) {
      refuses({ ...edit, factor }, "factor");
      checkOperator({ ...edit, action: "zero", factor });
    }
    const values = { ...edit.x, shape: [1, edit.columnCount] };
    refuses({ ...edit, values }, "values");
    refuses({ ...edit, action: "add" }, "values");
    checkOperator({ ...edit, action: "add", values });
  });

  test("packed weights only stand where every backend can read them", () => {
    const packed = (tensor: DeviceTensor): DeviceTensor =>
      Object.assign({ ...tensor, dtype: "f8e4m3" as const }, { weightDType: "f8e4m3" });
    const matmul = operatorOf("matmul", ({ residual }) => residual === null);
    checkOperator({ ...matmul, weight: packed(matmul.weight) });
    refuses({ ...matmul, x: packed(matmul.x) }, "x", "ERR_DTYPE");
    const norm = operatorOf("rmsNorm");
    refuses({ ...norm, weight: packed(norm.weight) }, "weight");
  });
});
