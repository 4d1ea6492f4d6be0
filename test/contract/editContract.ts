import assert from "node:assert/strict";
import { test } from "node:test";
import type { DeviceTensor } from "../../engine/backend/deviceTensor.ts";
import { edgeMaskShape } from "../../engine/backend/edgeMask.ts";
import type {
  Attention,
  AttentionTile,
  EditMap,
  Operator,
  Route,
} from "../../engine/backend/operators.ts";
import { type BackendKind, ONE_TOKEN, Subject } from "./subject.ts";

const FORCED = Number.POSITIVE_INFINITY;
const FORBIDDEN = Number.NEGATIVE_INFINITY;

const round = (x: number): number => Math.round(x * 1e5) / 1e5;

/** What interventions ask of the operators that they change, in numbers one can check by hand. */
export function editContract(kind: BackendKind): void {
  const subject = new Subject(kind);

  /** Eight experts in four groups, the lower the better; three are chosen from the best two groups. */
  const choose = async (change: Readonly<Record<number, number>>, options: Partial<Route> = {}) => {
    const adjust = Array.from({ length: 8 }, (_, e) => change[e] ?? 0);
    const route: Route = {
      kind: "route",
      scoring: "sigmoid",
      k: 3,
      nGroups: 4,
      nGroupsKept: 2,
      groupScore: "top2sum",
      normalize: false,
      scale: 1,
      logits: subject.floats([1, 8], [7, 6, 5, 4, 3, 2, 1, 0]),
      bias: null,
      adjust: subject.floats([1, 8], adjust),
      adjustRows: subject.ints([1], [0]),
      counts: null,
      scores: subject.alloc([1, 8], "f32"),
      biased: subject.alloc([1, 8], "f32"),
      indices: subject.alloc([1, 3], "i32"),
      weights: subject.alloc([1, 3], "f32"),
      ...options,
    };
    subject.backend.execute([route], ONE_TOKEN);
    const indices = await subject.values(route.indices);
    const weights = await subject.values(route.weights);
    const scores = await subject.values(route.scores);
    assert.deepEqual(
      weights,
      indices.map((e) => (e < 0 ? 0 : scores[e])),
      "weights are the unbiased scores",
    );
    return { indices, biased: await subject.values(route.biased) };
  };
  const chosen = async (...given: Parameters<typeof choose>) => (await choose(...given)).indices;

  test("a router without changes takes the best of the best groups", async () => {
    assert.deepEqual(await chosen({}), [0, 1, 2]);
    assert.deepEqual(await chosen({}, { adjust: null, adjustRows: null }), [0, 1, 2]);
    const adjustRows = subject.ints([1], [-1]);
    assert.deepEqual(await chosen({ 7: FORCED }, { adjustRows }), [0, 1, 2]);
  });

  test("finite changes move the selection alone", async () => {
    assert.deepEqual(await chosen({ 4: 1 }), [0, 1, 4]);
    assert.deepEqual(await chosen({ 4: 1 }, { nGroups: 1, nGroupsKept: 1 }), [0, 1, 4]);
  });

  test("forced experts come first, and bring their group", async () => {
    const { indices, biased } = await choose({ 7: FORCED });
    assert.deepEqual(indices, [0, 1, 7]);
    assert.deepEqual([biased[5], biased[7]], [FORBIDDEN, FORCED]);
    assert.deepEqual(await chosen({ 1: FORCED, 3: FORCED, 5: FORCED, 7: FORCED }), [1, 3, 5]);
    assert.deepEqual(await chosen({ 5: FORCED, 7: FORCED }), [4, 5, 7]);
    // one forced and one forbidden: their sum is no number
    assert.deepEqual(await chosen({ 6: FORBIDDEN, 7: FORCED }), [0, 1, 7]);
  });

  test("forbidden experts are not chosen while others are left, in whatever group", async () => {
    assert.deepEqual(await chosen({ 0: FORBIDDEN }, { groupScore: "max" }), [1, 2, 3]);
    assert.deepEqual(
      await chosen({ 0: FORBIDDEN, 2: FORBIDDEN }, { nGroups: 1, nGroupsKept: 1 }),
      [1, 3, 4],
    );
    const odd = { 0: FORBIDDEN, 1: FORBIDDEN, 2: FORBIDDEN, 4: FORBIDDEN, 6: FORBIDDEN };
    assert.deepEqual(await chosen(odd), [3, 5, 7]);
  });

  test("where fewer are left than are wanted, every expert is still chosen once", async () => {
    const change = Object.fromEntries([0, 1, 2, 3, 4, 5].map((e) => [e, FORBIDDEN]));
    for (const options of [{}, { nGroups: 1, nGroupsKept: 1 }]) {
      const indices = await chosen(change, options);
      assert.deepEqual([indices.includes(6), indices.includes(7)], [true, true]);
      assert.equal(new Set(indices).size, 3);
      assert.ok(indices.every((e) => e >= 0 && e < 8));
    }
  });

  test("rows of adjustments that do not exist are refused, on webgpu NaN where only the device knows", async () => {
    const adjustRows = subject.ints([1], [1]);
    await assert.rejects(choose({}, { adjustRows }), {
      code: "ERR_INDEX",
      message: /^route: expected adjustRows below 1, got 1 at 0\. /,
    });
    const indices = subject.ints([1, 1], [0]);
    const scores = subject.floats([1, 2], [0, 1]);
    subject.backend.execute([{ kind: "selectKeys", k: 1, scores, indices }], {
      nTokens: 1,
      start: 1,
    });
    subject.backend.copy(indices, 0, adjustRows, 0, 1);
    if (kind.name !== "webgpu")
      await assert.rejects(choose({}, { adjustRows }), { code: "ERR_INDEX" });
    else {
      const weights = subject.alloc([1, 3], "f32");
      await assert.rejects(choose({}, { adjustRows, weights }), /weights are the unbiased scores/);
      assert.deepEqual(await subject.values(weights), [Number.NaN, Number.NaN, Number.NaN]);
    }
  });

  test("a row chooses as many experts as its count says, and names none in the places that are left", async () => {
    const counted = (n: number, options: Partial<Route> = {}) =>
      chosen({ 7: FORCED }, { counts: subject.ints([1], [n]), ...options });
    assert.deepEqual(await counted(-1), [0, 1, 7]);
    assert.deepEqual(await counted(3), [0, 1, 7]);
    assert.deepEqual(await counted(2), [0, 7, -1]);
    assert.deepEqual(await counted(1, { adjust: null, adjustRows: null }), [0, -1, -1]);
    assert.deepEqual(await counted(0), [-1, -1, -1]);
    await assert.rejects(counted(4), {
      code: "ERR_INDEX",
      message: /^route: expected counts below 4, got 4 at 0\. Choose at most k experts\./,
    });
    // Normalised over those alone.
    const weights = subject.alloc([1, 3], "f32");
    const options = { normalize: true, weights, counts: subject.ints([1], [1]) };
    await assert.rejects(choose({}, options), /weights are the unbiased scores/);
    assert.deepEqual((await subject.values(weights)).map(round), [1, 0, 0]);
  });

  /** Two queries of two heads over three keys, of scores 0 and values 1, 2, 4; row 0 of the mask hides the keys of `hidden`. */
  const attend = (
    hidden: readonly number[],
    map: readonly number[],
    sinks: DeviceTensor | null,
  ) => {
    const shape = edgeMaskShape(2, 2, 3, 1);
    const bits = hidden.reduce((all, key) => all | (1 << key), 0);
    const mask = subject.ints(shape, [...map, bits]);
    const heads = { scale: 1, window: null, nHeads: 2, nKvHeads: 1, dKey: 1 } as const;
    const given = {
      ...heads,
      q: subject.floats([2, 2, 1], [1, 1, 1, 1]),
      k: subject.floats([3, 1, 1], [0, 0, 0]),
      selection: null,
      temperatures: null,
      mask,
    };
    const lse = subject.alloc([2, 2], "f32");
    const attention: Attention = {
      kind: "attention",
      ...given,
      dValue: 1,
      v: subject.floats([3, 1, 1], [1, 2, 4]),
      sinks,
      out: subject.alloc([2, 2, 1], "f32"),
      lse,
      moments: subject.alloc([2, 2, 2], "f32"),
    };
    return { attention, given, mask };
  };
  const step = { nTokens: 2, start: 1 };

  test("a masked edge has no part in the softmax, and other queries and heads do not know of it", async () => {
    const { attention } = attend([0], [-1, 0, 0, -1], null);
    subject.backend.execute([attention], step);
    const z = (await subject.values(attention.out)).map(round);
    assert.deepEqual(z, [1.5, 2, 3, round(7 / 3)]);
    const lse = (await subject.values(attention.lse)).map(round);
    assert.deepEqual(
      lse,
      [2, 1, 2, 3].map((n) => round(Math.log(n))),
    );
  });

  test("a query that sees no key has z 0 and its sink for lse, or -inf", async () => {
    for (const sink of [null, 0.75]) {
      const sinks = sink === null ? null : subject.floats([2], [sink, sink]);
      const { attention } = attend([0, 1, 2], [0, -1, -1, 0], sinks);
      subject.backend.execute([attention], step);
      const [z, lse] = [await subject.values(attention.out), await subject.values(attention.lse)];
      assert.deepEqual([z[0], z[3]], [0, 0]);
      const none = sink ?? Number.NEGATIVE_INFINITY;
      assert.deepEqual([lse[0], lse[3]], [none, none]);
      const moments = [...(await subject.values(attention.moments as DeviceTensor))];
      assert.deepEqual([...moments.slice(0, 2), ...moments.slice(6)], [0, 0, 0, 0]);
      assert.ok(moments.slice(2, 6).every((moment) => moment > 0.2));
      assert.ok(z[1]! > 0.5 && z[2]! > 0.5);
    }
  });

  test("a tile shows a masked edge as 0, or as the score -inf", async () => {
    const { attention, given } = attend([0], [-1, 0, 0, -1], null);
    subject.backend.execute([attention], { nTokens: 2, start: 0 });
    const tile: AttentionTile = {
      kind: "attentionTile",
      mode: "pattern",
      pool: null,
      ...given,
      ...{ headStart: 0, headCount: 2, queryStart: 0, queryCount: 2, keyStart: 0, keyCount: 2 },
      lse: attention.lse,
      out: subject.alloc([2, 2, 2], "f32"),
    };
    subject.backend.execute([tile], ONE_TOKEN);
    // Query 0 of head 1 sees nothing, query 1 of head 0 its own key.
    assert.deepEqual((await subject.values(tile.out)).map(round), [1, 0, 0, 1, 0, 0, 0.5, 0.5]);
    subject.backend.execute([{ ...tile, mode: "scores" }], ONE_TOKEN);
    const never = Number.NEGATIVE_INFINITY;
    assert.deepEqual(await subject.values(tile.out), [0, never, never, 0, never, never, 0, 0]);
  });

  test("rows of masks that do not exist are refused, on webgpu NaN where only the device knows", async () => {
    const { attention, mask, given } = attend([0], [-1, 1, -1, -1], null);
    const refused = {
      code: "ERR_INDEX",
      message: /^attention: expected mask below 1, got 1 at 1\. /,
    };
    assert.throws(() => subject.backend.execute([attention], step), refused);
    const tile: AttentionTile = {
      kind: "attentionTile",
      mode: "scores",
      pool: null,
      ...given,
      ...{ headStart: 0, headCount: 1, queryStart: 0, queryCount: 1, keyStart: 0, keyCount: 2 },
      lse: attention.lse,
      out: subject.alloc([1, 1, 2], "f32"),
    };
    assert.throws(() => subject.backend.execute([tile], step), { code: "ERR_INDEX" });
    // The rows of a query that the tile does not ask for do not count.
    subject.backend.execute([{ ...tile, queryStart: 1 }], step);
    const indices = subject.ints([1, 1], [0]);
    const scores = subject.floats([1, 2], [0, 1]);
    subject.backend.execute([{ kind: "selectKeys", k: 1, scores, indices }], {
      nTokens: 1,
      start: 1,
    });
    subject.backend.copy(indices, 0, mask, 1, 1);
    if (kind.name !== "webgpu")
      assert.throws(() => subject.backend.execute([attention], step), refused);
    else {
      subject.backend.execute([attention, tile], step);
      const z = await subject.values(attention.out);
      assert.deepEqual([z[0], z[1]], [1.5, Number.NaN]);
      assert.ok(Number.isNaN((await subject.values(attention.lse))[1]));
      assert.deepEqual(await subject.values(tile.out), [0, Number.NEGATIVE_INFINITY]);
    }
  });

  test("attention taken apart gives the same, and of an unedited pattern the same bits", async () => {
    const { attention: plain, mask } = attend([1], [-1, 0, 0, -1], subject.floats([2], [0.5, -1]));
    const q = subject.floats([2, 2, 1], [0.3, -1.2, 2, 0.7]);
    const k = subject.floats([3, 1, 1], [1.5, -0.4, 0.9]);
    const heads = { q, k, mask, temperatures: subject.floats([2], [0.5, 1]), window: 2 } as const;
    const attention: Attention = { ...plain, ...heads };
    const maps = () => subject.alloc([2, 2, 3], "f32");
    const [scores, unedited, pattern, z] = [
      maps(),
      maps(),
      maps(),
      subject.alloc([2, 2, 1], "f32"),
    ];
    const lse = subject.alloc([2, 2], "f32");
    const { scale, nHeads, nKvHeads, dKey, dValue, sinks, v, lse: norms } = attention;
    const given = { scale, nHeads, nKvHeads, dKey, selection: null, ...heads } as const;
    const softmax: Operator = {
      ...{ kind: "softmax", x: scores, before: scores, pattern: unedited },
      ...{ norms, sinks, out: pattern, lse },
    };
    const apart: Operator[] = [
      { kind: "attentionScores", ...given, lse: null, out: scores },
      { kind: "attentionScores", ...given, lse: norms, out: unedited },
      softmax,
    ];
    const mix: Operator = {
      ...{ kind: "mixValues", nHeads, nKvHeads, dValue, pattern, before: unedited },
      ...{ z: attention.out, values: v ?? k, out: z },
    };
    subject.backend.execute([attention, ...apart, mix], step);
    assert.deepEqual(await subject.values(z), await subject.values(attention.out));
    assert.deepEqual(await subject.values(pattern), await subject.values(unedited));
    assert.deepEqual(await subject.values(lse), await subject.values(norms));
    // Zeros of the other sign stand nowhere in scores or a pattern: every row is taken for edited.
    const before = subject.floats([2, 2, 3], new Array(12).fill(-0));
    subject.backend.execute([{ ...softmax, before } as Operator], step);
    const wholes = [await subject.values(pattern), await subject.values(unedited)];
    assert.deepEqual(wholes[0]?.map(round), wholes[1]?.map(round));
    assert.deepEqual(
      (await subject.values(lse)).map(round),
      (await subject.values(norms)).map(round),
    );
    subject.backend.execute([{ ...mix, before }], step);
    const [got, expected] = [await subject.values(z), await subject.values(attention.out)];
    assert.deepEqual(got.map(round), expected.map(round));
  });

  /** One edit of two queries of two heads, whose scores are 1, 2, 3 but for hidden ones. */
  const editMap = async (given: Partial<EditMap>, numbers: readonly number[] | null) => {
    const hidden = Number.NEGATIVE_INFINITY;
    const row = [hidden, 2, 3];
    const op: EditMap = {
      ...{ kind: "editMap", action: "zero", headStart: 1, headCount: 1, factor: 1 },
      x: subject.floats([2, 2, 3], [...row, ...row, ...row, ...row]),
      rows: subject.ints([2], [0, 0]),
      values: numbers && subject.floats([1, numbers.length], [...numbers]),
      out: subject.alloc([2, 2, 3], "f32"),
      ...given,
    };
    subject.backend.execute([op], step);
    return (await subject.values(op.out)).map((x) => (Number.isFinite(x) ? round(x) : x));
  };

  test("an edited map changes up to the query's own key, and leaves hidden keys where it reads them", async () => {
    const none = Number.NEGATIVE_INFINITY;
    const row = [none, 2, 3];
    assert.deepEqual(await editMap({}, null), [...row, 0, 0, 3, ...row, 0, 0, 0]);
    for (const factor of [0, -1])
      assert.deepEqual(
        (await editMap({ action: "scale", factor, headStart: 0 }, null)).slice(0, 3),
        [none, factor === 0 ? 0 : -2, 3],
      );
    assert.deepEqual(await editMap({ action: "add", headStart: 0, headCount: 2 }, [5, 5]), [
      ...[none, 7, 3, none, 7, 3],
      ...[none, 7, 3, none, 7, 3],
    ]);
    const replaced = await editMap({ action: "replace" }, [7, 8, 9]);
    assert.deepEqual(replaced, [...row, 7, 8, 3, ...row, 7, 8, 9]);
    const projected = await editMap({ action: "project" }, [4, 1, 1]);
    assert.deepEqual(projected, [...row, none, 0, 3, ...row, none, -0.5, 0.5]);
    const rows = subject.ints([2], [-1, 0]);
    assert.deepEqual(await editMap({ rows }, null), [...row, ...row, ...row, 0, 0, 0]);
  });
}
