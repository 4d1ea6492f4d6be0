import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { InputError } from "../../engine/base/errors.ts";
import { resolveSelection } from "../../engine/look/selection.ts";
import { sliceTensor } from "../../engine/look/sliceTensor.ts";
import { resolveRange } from "../../engine/tensor/indexRange.ts";

const heads = { name: "blocks.0.attn.hook_z", dims: ["T", "H", "D"] };
const map = { name: "blocks.0.attn.hook_pattern", dims: ["H", "T", "S"] };

describe("resolveSelection", () => {
  it("reads what is not selected whole", () => {
    assert.deepEqual(resolveSelection(heads, [5, 2, 3], {}), [
      { start: 0, count: 5, single: false },
      { start: 0, count: 2, single: false },
      { start: 0, count: 3, single: false },
    ]);
  });

  it("counts a negative index from the end", () => {
    assert.deepEqual(resolveRange(-1, 5, "token"), { start: 4, count: 1, single: true });
  });

  it("puts head, query and key on the axes of a map", () => {
    const ranges = resolveSelection(map, [4, 9, 9], { head: 2, query: [3, 5], key: [0, 4] });
    assert.deepEqual(ranges, [
      { start: 2, count: 1, single: true },
      { start: 3, count: 2, single: false },
      { start: 0, count: 4, single: false },
    ]);
  });

  it("refuses fields the site has no axis for, by name", () => {
    assert.throws(
      () => resolveSelection({ name: "hook_embed", dims: ["T", "M"] }, [5, 8], { head: 0 }),
      (error) =>
        error instanceof InputError && /hook_embed.*\(T, M\).*got head/.test(error.message),
    );
  });

  for (const wrong of [5, -6, 1.5, Number.NaN])
    it(`refuses the index ${wrong} on an axis of 5`, () => {
      assert.throws(() => resolveRange(wrong, 5, "token"), InputError);
    });

  for (const wrong of [
    [2, 2],
    [3, 1],
    [0, 6],
    [-1, 3],
  ] as const)
    it(`refuses the range [${wrong.join(", ")}) on an axis of 5`, () => {
      assert.throws(() => resolveRange(wrong, 5, "token"), InputError);
    });
});

describe("sliceTensor", () => {
  const data = Float32Array.from({ length: 24 }, (_, i) => i);

  it("cuts ranges out and drops the axes given as one index", () => {
    const ranges = [
      { start: 1, count: 1, single: true },
      { start: 0, count: 3, single: false },
      { start: 2, count: 2, single: false },
    ];
    const cut = sliceTensor(data, [2, 3, 4], ["T", "H", "D"], ranges);
    assert.deepEqual(cut.shape, [3, 2]);
    assert.deepEqual(cut.dims, ["H", "D"]);
    assert.deepEqual([...cut.data], [14, 15, 18, 19, 22, 23]);
  });
});
