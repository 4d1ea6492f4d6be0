import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { mostMoved } from "../../widgets/comparison/mostMoved.ts";

const pairOf = (...difference: number[]) => ({
  ...{ a: null, b: null },
  difference: Float64Array.from(difference),
});

describe("the head that a comparison opens on", () => {
  it("differs most, either way, of the heads that have a number", () => {
    assert.deepEqual(mostMoved(pairOf(0, 0.1, 0.3, Number.NaN), 2, null), { layer: 1, head: 0 });
    assert.deepEqual(mostMoved(pairOf(0, 0.1, 0, -0.2), 2, null), { layer: 1, head: 1 });
  });

  it("is one of the layer that was chosen", () => {
    assert.deepEqual(mostMoved(pairOf(0, 0.1, 0.3, 0.2), 2, 0), { layer: 0, head: 1 });
  });

  it("is the first where none moved, and none where no head has a number", () => {
    assert.deepEqual(mostMoved(pairOf(Number.NaN, 0, 0, 0), 2, null), { layer: 0, head: 1 });
    assert.equal(mostMoved(pairOf(Number.NaN, Number.NaN), 2, null), null);
  });
});
