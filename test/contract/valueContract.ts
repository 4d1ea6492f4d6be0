import assert from "node:assert/strict";
import { test } from "node:test";
import { type BackendKind, Subject } from "./subject.ts";

const COUNTED = [1, 2, 3, 4, 5, 6];

/** Offset and count that are no part of six elements. */
const OUTSIDE: readonly (readonly [offset: number, count: number])[] = [
  [-1, 2],
  [-1, 0],
  [5, 2],
  [7, 0],
  [0, 7],
  [0.5, 1],
  [Number.NaN, 1],
  [Infinity, 1],
  [2 ** 53, 1],
  [2 ** 32, 1],
];
const NO_COUNT = [-1, 0.5, Number.NaN, Infinity, 2 ** 53];

const SPECIAL = [
  Number.NaN,
  0,
  -0,
  Infinity,
  -Infinity,
  2 ** -149,
  -(2 ** -149),
  2 ** -126 - 2 ** -149,
  2 ** -126,
  3.4028234663852886e38,
  -3.4028234663852886e38,
  1 + 2 ** -23,
];

export function valueContract(kind: BackendKind): void {
  const subject = new Subject(kind);

  test("come back as they were written, whole and in part, into arrays of their own", async () => {
    const { backend } = subject;
    const tensor = subject.floats([2, 3], COUNTED);
    const first = await backend.read(tensor);
    assert.ok(first instanceof (kind.name === "reference" ? Float64Array : Float32Array));
    first.fill(9);
    assert.deepEqual(await subject.values(tensor), COUNTED);
    assert.deepEqual(await subject.values(tensor, 2), [3, 4, 5, 6]);
    assert.deepEqual(await subject.values(tensor, 1, 3), [2, 3, 4]);
    const wider = Float32Array.of(0, 0, 7, 8, 0);
    backend.write(tensor, 4, wider.subarray(2, 4));
    assert.deepEqual(await subject.values(tensor), [1, 2, 3, 4, 7, 8]);
  });

  test("of i32 tensors are whole numbers of 32 bits", async () => {
    const values = [0, -1, 2 ** 31 - 1, -(2 ** 31)];
    const tensor = subject.ints([4], values);
    const read = await subject.backend.read(tensor);
    assert.ok(read instanceof Int32Array);
    assert.deepEqual([...read], values);
  });

  test("NaN, infinities, signed zeros and subnormals pass through write, copy and read", async () => {
    const [from, to] = [subject.floats([12], SPECIAL), subject.alloc([12], "f32")];
    subject.backend.copy(from, 0, to, 0, 12);
    assert.deepEqual(await subject.values(from), SPECIAL);
    assert.deepEqual(await subject.values(to), SPECIAL);
    assert.deepEqual(await subject.values(to, 2, 1), [-0]);
  });

  test("of f32 arrays keep every bit, those of a NaN too", async () => {
    if (kind.name === "reference") return assert.equal(subject.alloc([1], "f32").dtype, "f64");
    const bits = Uint32Array.of(0x7fc00001, 0xffc12345, 0x7f800001, 0x80000000, 0x00000001);
    const tensor = subject.alloc([5], "f32");
    subject.backend.write(tensor, 0, new Float32Array(bits.buffer));
    const read = await subject.backend.read(tensor);
    assert.deepEqual(new Uint32Array(read.buffer, read.byteOffset, 5), bits);
  });

  test("of f64 arrays are rounded to f32, on reference they stay", async () => {
    const values = [0.1, 1e300, -1e-300, 2 ** -150, 1 + 2 ** -24, Number.NaN];
    const tensor = subject.alloc([6], "f32");
    subject.backend.write(tensor, 0, Float64Array.from(values));
    const expected = kind.name === "reference" ? values : values.map(Math.fround);
    assert.deepEqual(await subject.values(tensor), expected);
  });

  test("are of the tensor's own type, or refused", async () => {
    const { backend } = subject;
    const [floats, ints] = [subject.floats([2], [1, 2]), subject.ints([2], [3, 4])];
    await subject.refuses("ERR_DTYPE", () => backend.write(floats, 0, Int32Array.of(7)));
    await subject.refuses("ERR_DTYPE", () => backend.write(ints, 0, Float32Array.of(7)));
    await subject.refuses("ERR_DTYPE", () => backend.write(ints, 0, Float64Array.of(7)));
    await subject.refuses("ERR_DTYPE", () => backend.write(ints, 0, new Float32Array(0)));
    await subject.refuses("ERR_DTYPE", () => backend.copy(floats, 0, ints, 0, 1));
    await subject.refuses("ERR_DTYPE", () => backend.copy(ints, 0, floats, 0, 0));
  });

  test("outside of a tensor are refused by read, write and copy", async () => {
    const { backend } = subject;
    for (const dtype of ["f32", "i32"] as const) {
      const make = () =>
        dtype === "f32" ? subject.floats([6], COUNTED) : subject.ints([2, 3], COUNTED);
      const [a, b] = [make(), make()];
      const array = (n: number) => (dtype === "f32" ? new Float32Array(n) : new Int32Array(n));
      for (const [offset, count] of OUTSIDE) {
        await subject.refuses("ERR_RANGE", () => backend.read(a, offset, count));
        await subject.refuses("ERR_RANGE", () => backend.write(a, offset, array(count)));
        await subject.refuses("ERR_RANGE", () => backend.copy(a, offset, b, 0, count));
        await subject.refuses("ERR_RANGE", () => backend.copy(a, 0, b, offset, count));
        await subject.refuses("ERR_RANGE", () => backend.copy(a, offset, a, 0, count));
      }
      for (const count of NO_COUNT) {
        await subject.refuses("ERR_RANGE", () => backend.read(a, 0, count));
        await subject.refuses("ERR_RANGE", () => backend.copy(a, 0, b, 0, count));
      }
      for (const offset of [-1, 7, 0.5, Number.NaN])
        await subject.refuses("ERR_RANGE", () => backend.read(a, offset));
    }
  });

  test("may be none at all, at any place of a tensor and behind its end", async () => {
    const { backend } = subject;
    const [floats, ints] = [subject.floats([6], COUNTED), subject.ints([6], COUNTED)];
    for (const offset of [0, 3, 6]) {
      backend.write(floats, offset, new Float32Array(0));
      backend.write(floats, offset, new Float64Array(0));
      backend.write(ints, offset, new Int32Array(0));
      backend.copy(floats, offset, floats, 6, 0);
      backend.copy(ints, 6, ints, offset, 0);
      assert.deepEqual(
        await backend.read(floats, offset, 0),
        kind.name === "reference" ? new Float64Array(0) : new Float32Array(0),
      );
      assert.deepEqual(await backend.read(ints, offset, 0), new Int32Array(0));
    }
    assert.equal((await backend.read(floats, 6)).length, 0);
    assert.deepEqual(await subject.values(floats), COUNTED);
    assert.deepEqual(await subject.values(ints), COUNTED);
  });

  test("are copied between tensors and within one, where the ranges may overlap", async () => {
    const { backend } = subject;
    for (const make of [subject.floats, subject.ints]) {
      const [a, b] = [make.call(subject, [6], COUNTED), make.call(subject, [4], [0, 0, 0, 0])];
      backend.copy(a, 3, b, 1, 2);
      assert.deepEqual(await subject.values(b), [0, 4, 5, 0]);
      backend.copy(a, 0, a, 1, 4);
      assert.deepEqual(await subject.values(a), [1, 1, 2, 3, 4, 6]);
      backend.copy(a, 2, a, 0, 4);
      assert.deepEqual(await subject.values(a), [2, 3, 4, 6, 4, 6]);
      backend.copy(a, 1, a, 1, 3);
      assert.deepEqual(await subject.values(a), [2, 3, 4, 6, 4, 6]);
    }
  });
}
