import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { Tensor } from "../../engine/tensor/tensor.ts";

const ramp = (length: number): Float32Array => Float32Array.from({ length }, (_, i) => i / 4);

test("a console shows a tensor's dtype, its axes and its elements, nested as the axes are", () => {
  const small = new Tensor(ramp(12), [2, 2, 3], ["H", "T", "S"]);
  assert.equal(
    inspect(small),
    `Tensor f32 (H 2, T 2, S 3)
[[[0.0000, 0.2500, 0.5000],
  [0.7500, 1.0000, 1.2500]],

 [[1.5000, 1.7500, 2.0000],
  [2.2500, 2.5000, 2.7500]]]`,
  );
  const ids = new Tensor(new Int32Array([3, -12, 700]), [3], ["T"]);
  assert.equal(inspect(ids), "Tensor i32 (T 3)\n[  3, -12, 700]");
  assert.equal(inspect(new Tensor(new Float64Array([2.5]), [])), "Tensor f64 ()\n2.5000");
  assert.equal(inspect(new Tensor(new Float32Array(0), [0, 4])), "Tensor f32 (d0 0, d1 4)\n[]");
});

test("of a large tensor the ends of each axis are shown, and of a long row as many as fit a line", () => {
  const large = new Tensor(ramp(64 * 32), [64, 32], ["T", "M"]);
  assert.equal(
    inspect(large),
    `Tensor f32 (T 64, M 32)
[[  0.0000,   0.2500,   0.5000, …,   7.2500,   7.5000,   7.7500],
 [  8.0000,   8.2500,   8.5000, …,  15.2500,  15.5000,  15.7500],
 [ 16.0000,  16.2500,  16.5000, …,  23.2500,  23.5000,  23.7500],
 …,
 [488.0000, 488.2500, 488.5000, …, 495.2500, 495.5000, 495.7500],
 [496.0000, 496.2500, 496.5000, …, 503.2500, 503.5000, 503.7500],
 [504.0000, 504.2500, 504.5000, …, 511.2500, 511.5000, 511.7500]]`,
  );
  const row = inspect(new Tensor(ramp(100), [100])).split("\n");
  assert.ok(row.length > 5);
  assert.ok(row.every((line) => line.length <= 80));
  assert.equal(row.join(" ").match(/\d\.\d{4}/g)?.length, 100);
});

test("small and large numbers have exponents, whole ones a point, and what is no number its name", () => {
  const shown = (...values: number[]): string | undefined =>
    inspect(new Tensor(new Float64Array(values), [values.length])).split("\n")[1];
  assert.equal(shown(0.5, 0.000025), "[5.0000e-1, 2.5000e-5]");
  assert.equal(shown(1, 20, 0), "[ 1., 20.,  0.]");
  assert.equal(
    shown(0.5, Number.NaN, Number.NEGATIVE_INFINITY),
    "[   0.5000,       NaN, -Infinity]",
  );
});

test("inside of something else a tensor is its head alone", () => {
  const part = new Tensor(ramp(4), [2, 2]);
  assert.equal(inspect({ part }), "{ part: Tensor f32 (d0 2, d1 2) }");
  assert.equal(inspect([part]), "[ Tensor f32 (d0 2, d1 2) ]");
});
