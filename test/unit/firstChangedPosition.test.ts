import assert from "node:assert/strict";
import { test } from "node:test";
import { firstChangedPosition } from "../../engine/plan/firstChangedPosition.ts";
import { NO_CHANGES } from "../../engine/plan/planChanges.ts";

const rows = (width: number, ...data: number[]) => ({ width, data: Int32Array.from(data) });

test("rows before the first that any change names are those of the plan without changes", () => {
  assert.equal(firstChangedPosition(NO_CHANGES), Number.POSITIVE_INFINITY);
  const late = rows(1, -1, -1, -1, 0);
  assert.equal(firstChangedPosition({ ...NO_CHANGES, rows: new Map([["a", late]]) }), 3);
  const early = rows(1, -1, 2, -1, -1);
  const two = new Map([
    ["a", late],
    ["b", early],
  ]);
  assert.equal(firstChangedPosition({ ...NO_CHANGES, rows: two }), 1);
  const mask = {
    nHeads: 2,
    words: 1,
    bits: Int32Array.of(1),
    rows: rows(2, -1, -1, -1, -1, -1, 0),
  };
  assert.equal(firstChangedPosition({ ...NO_CHANGES, masks: new Map([["m", mask]]) }), 2);
});

test("what is changed at every position leaves no row as it is", () => {
  const named = new Map([["a", rows(1, -1, -1, 0)]]);
  assert.equal(firstChangedPosition({ ...NO_CHANGES, rows: named, shift: 4 }), 0);
  const attentions = [{ layer: 0, temperatures: "t", mask: null }];
  assert.equal(firstChangedPosition({ ...NO_CHANGES, rows: named, attentions }), 0);
});
