import assert from "node:assert/strict";
import { test } from "node:test";
import type { PackedBytes, WeightBytes } from "../../engine/backend/backend.ts";
import type { DeviceTensor } from "../../engine/backend/deviceTensor.ts";
import { PACKED_FORMATS, type PackedDType, packedLayout } from "../../engine/backend/packed.ts";
import { weightSlice, widen } from "../../engine/backend/widen.ts";
import { type BackendKind, bytesOf, Subject } from "./subject.ts";

const PACKED = Object.keys(PACKED_FORMATS) as PackedDType[];
const SHAPE = [6, 256];
const COUNT = 6 * 256;

/** bf16 or f16 words, starting at an odd address as they may inside a file. */
function halves(dtype: "bf16" | "f16", words: ArrayLike<number>): WeightBytes {
  const data = new Uint8Array(2 * words.length + 1).subarray(1);
  data.set(bytesOf(Uint16Array.from(words)));
  return { dtype, data };
}

const floats = (...values: number[]): WeightBytes => ({
  dtype: "f32",
  data: bytesOf(Float32Array.from(values)),
});

/** Every code but NaN, with scales that are powers of two, so that each product is an f32. */
function packed(dtype: PackedDType): PackedBytes {
  const { group, codeBytes } = packedLayout(dtype, SHAPE);
  const { scaleBytes } = PACKED_FORMATS[dtype];
  const data = Uint8Array.from({ length: codeBytes }, (_, i) => (i * 37) % 251);
  if (dtype === "f8e4m3") for (const i of data.keys()) if (data[i] === 127) data[i] = 3;
  const scales = new DataView(new ArrayBuffer((COUNT / group) * scaleBytes));
  for (let i = 0; i < COUNT / group; i++) {
    const power = i % 6;
    if (scaleBytes === 4) scales.setFloat32(4 * i, 2 ** (power - 3), true);
    else if (scaleBytes === 2)
      scales.setUint16(2 * i, (12 + power) << 10, true); // 2^(power - 3)
    else if (scaleBytes === 1) scales.setUint8(i, 124 + power);
    else {
      for (let j = 0; j < scaleBytes; j++)
        scales.setUint8(scaleBytes * i + j, (29 * i + 53 * j) % 256);
      scales.setUint16(scaleBytes * i, (8 + power) << 10, true);
      if (scaleBytes === 20) scales.setUint16(scaleBytes * i + 2, (5 + power) << 10, true);
    }
  }
  return { dtype, data, scales: new Uint8Array(scales.buffer), group };
}

const twice = (scales: Uint8Array): Uint8Array => Uint8Array.of(...scales, ...scales);

const halfOf = ({ data, scales, ...rest }: PackedBytes): PackedBytes => ({
  ...rest,
  data: data.subarray(0, data.length / 2),
  scales: scales.subarray(0, Math.floor(scales.length / 2)),
});

/** The values of the bytes, each once. */
function valuesOf(bytes: WeightBytes, count: number): number[] {
  const values = new Float64Array(count);
  widen(bytes, values, 0);
  return [...values];
}

export function weightContract(kind: BackendKind): void {
  const subject = new Subject(kind);

  /** What a program sees of a (6, 64) weight. */
  const embedded = async (table: DeviceTensor): Promise<number[]> => {
    const ids = subject.ints([6], [0, 1, 2, 3, 4, 5]);
    const out = subject.alloc(SHAPE, "f32");
    subject.backend.execute([{ kind: "embed", ids, table, out }], { nTokens: 6, start: 0 });
    return subject.values(out);
  };

  test("every bf16 and f16 value is read back exactly, subnormals, infinities and signed zeros too", async () => {
    for (const dtype of ["bf16", "f16"] as const) {
      const all = halves(
        dtype,
        Array.from({ length: 65536 }, (_, i) => i),
      );
      const weight = subject.allocWeight([256, 256], dtype, "weight");
      subject.backend.writeWeight(weight, 0, all);
      assert.deepEqual(await subject.values(weight), valuesOf(all, 65536));
    }
  });

  test("f32 values keep their bits, and programs see what was written", async () => {
    const special = [Number.NaN, -0, Infinity, 2 ** -149, -3.4028234663852886e38];
    const weight = subject.allocWeight([5], "f32", "weight");
    subject.backend.writeWeight(weight, 0, floats(...special));
    assert.deepEqual(await subject.values(weight), special);
    const table = subject.allocWeight(SHAPE, "f32", "table");
    const values = Array.from({ length: COUNT }, (_, i) => Math.fround(i / 7 - 20));
    subject.backend.writeWeight(table, 0, floats(...values));
    assert.deepEqual(await embedded(table), values);
  });

  test("plain weights take pieces of any length at any offset, in any order", async () => {
    const words = Array.from({ length: 13 }, (_, i) => 0x3f80 + i * 3);
    for (const dtype of ["bf16", "f16"] as const)
      for (const cuts of [
        [0, 1, 4, 5, 8, 13],
        [0, 3, 6, 9, 13],
        [0, 7, 7, 8, 10, 13],
      ])
        for (const reverse of [false, true]) {
          const weight = subject.allocWeight([13], dtype, "weight");
          const pieces = cuts.slice(1).map((end, i) => [cuts[i]!, end] as const);
          for (const [from, to] of reverse ? pieces.reverse() : pieces)
            subject.backend.writeWeight(weight, from, halves(dtype, words.slice(from, to)));
          const expected = valuesOf(halves(dtype, words), 13);
          assert.deepEqual(await subject.values(weight), expected, `${dtype} ${cuts} ${reverse}`);
          assert.deepEqual(await subject.values(weight, 3, 5), expected.slice(3, 8));
        }
  });

  test("readWeight gives the values of every dtype, wherever they begin, and of each matrix of a stack", async () => {
    const { backend } = subject;
    if (backend.readWeight === undefined) {
      assert.equal(backend.info.name, "webgpu"); // where only programs see packed weights
      return;
    }
    const plain = halves(
      "bf16",
      Array.from({ length: COUNT }, (_, i) => 0x3f80 + i),
    );
    for (const bytes of [plain, ...PACKED.map(packed)])
      for (const shape of [SHAPE, [2, 3, 256]]) {
        const weight = subject.allocWeight(shape, bytes.dtype, "packed");
        backend.writeWeight(weight, 0, bytes);
        const expected = valuesOf(bytes, COUNT);
        assert.deepEqual([...(await backend.readWeight(weight, 0, COUNT))], expected, bytes.dtype);
        assert.deepEqual(
          [...(await backend.readWeight(weight, 771, 300))],
          expected.slice(771, 1071),
        );
        await subject.refuses("ERR_RANGE", () => backend.readWeight?.(weight, COUNT - 1, 2));
      }
  });

  for (const dtype of PACKED)
    test(`${dtype} weights take whole groups in any order, and programs see their values`, async () => {
      const bytes = packed(dtype);
      const weight = subject.allocWeight(SHAPE, dtype, "packed");
      const cuts = [0, bytes.group, 3 * bytes.group, COUNT];
      for (const i of [2, 0, 1])
        subject.backend.writeWeight(weight, cuts[i]!, weightSlice(bytes, cuts[i]!, cuts[i + 1]!));
      assert.deepEqual(await embedded(weight), valuesOf(bytes, COUNT));
      const other = { ...bytes, data: bytes.data.slice().reverse() };
      if (dtype === "f8e4m3") for (const i of other.data.keys()) other.data[i]! &= 0x77;
      subject.backend.writeWeight(weight, 0, other);
      assert.deepEqual(await embedded(weight), valuesOf(other, COUNT));
    });

  test("an f32 weight takes every dtype, widened", async () => {
    const weight = subject.allocWeight(SHAPE, "f32", "wide");
    for (const bytes of [
      halves("bf16", [0x3f80, 0xc049, 0x0001, 0xff80, 0x8000, 0x7fc0]),
      halves("f16", [0x3c01, 0x8001, 0xfbff, 0x7c00, 0x8000, 0x7e00]),
    ]) {
      subject.backend.writeWeight(weight, 64, bytes);
      assert.deepEqual(await subject.values(weight, 64, 6), valuesOf(bytes, 6));
    }
    for (const dtype of PACKED) {
      subject.backend.writeWeight(weight, 0, packed(dtype));
      assert.deepEqual(await subject.values(weight), valuesOf(packed(dtype), COUNT));
    }
  });

  test("bytes of another dtype are refused, and tensors that are no weights", async () => {
    const given: WeightBytes[] = [
      floats(1, 2),
      halves("bf16", [1, 2]),
      halves("f16", [1, 2]),
      ...PACKED.map(packed),
    ];
    for (const { dtype } of given.slice(1)) {
      const weight = subject.allocWeight(SHAPE, dtype, "packed");
      for (const bytes of given)
        if (bytes.dtype !== dtype)
          await subject.refuses("ERR_DTYPE", () => subject.backend.writeWeight(weight, 0, bytes));
    }
    for (const tensor of [subject.floats([2], [1, 2]), subject.ints([2], [1, 2])])
      for (const bytes of given)
        await subject.refuses("ERR_DTYPE", () => subject.backend.writeWeight(tensor, 0, bytes));
  });

  test("elements outside of a weight are refused, and half elements", async () => {
    for (const dtype of ["f32", "bf16", "f16"] as const) {
      const weight = subject.allocWeight([6], dtype, "weight");
      const width = dtype === "f32" ? 4 : 2;
      const write = (offset: number, byteLength: number) => () =>
        subject.backend.writeWeight(weight, offset, { dtype, data: new Uint8Array(byteLength) });
      write(0, 6 * width)();
      write(6, 0)();
      for (const offset of [-1, 5, 7, 0.5, Number.NaN, Infinity, 2 ** 53])
        await subject.refuses("ERR_RANGE", write(offset, 2 * width));
      await subject.refuses("ERR_RANGE", write(0, 7 * width));
      await subject.refuses("ERR_RANGE", write(0, width + 1));
      await subject.refuses("ERR_RANGE", write(0, 1));
    }
  });

  test("packed bytes that are no whole groups of the weight, each with its scale, are refused", async () => {
    for (const dtype of PACKED) {
      const bytes = packed(dtype);
      const { group, data, scales } = bytes;
      const weight = subject.allocWeight(SHAPE, dtype, "packed");
      const wide = subject.allocWeight(SHAPE, "f32", "wide");
      subject.backend.writeWeight(weight, 0, bytes);
      subject.backend.writeWeight(wide, 0, bytes);
      const one = weightSlice(bytes, 0, group) as PackedBytes;
      const bad: [string, number, PackedBytes][] = [
        ["from inside of a group", group / 2, one],
        ["behind the end", COUNT, one],
        ["before the start", -group, one],
        ["at no place", Number.NaN, one],
      ];
      const never: [string, number, PackedBytes][] = [
        ["too many scales", 0, { ...one, scales: scales.subarray(0, 2 * one.scales.length) }],
        ["no scales", 0, { ...one, scales: new Uint8Array(0) }],
        ["half a group", 0, { ...one, data: data.subarray(0, one.data.length / 2) }],
        ["half a group with half a scale", 0, halfOf(one)],
      ];
      const ofTheWeight: [string, number, PackedBytes][] = [
        ...bad,
        ...never,
        ["groups of half the size", 0, { ...bytes, group: group / 2, scales: twice(scales) }],
      ];
      for (const [, offset, wrong] of ofTheWeight)
        await subject.refuses("ERR_RANGE", () =>
          subject.backend.writeWeight(weight, offset, wrong),
        );
      for (const [, offset, wrong] of never)
        await subject.refuses("ERR_RANGE", () => subject.backend.writeWeight(wide, offset, wrong));
      assert.deepEqual(await embedded(weight), valuesOf(bytes, COUNT), "nothing was written");
    }
  });

  test("only writeWeight writes a weight, nothing copies one, and packed ones are not read", async () => {
    const { backend } = subject;
    const activation = subject.floats([6], [1, 2, 3, 4, 5, 6]);
    for (const dtype of ["f32", "bf16", "f16", ...PACKED] as const) {
      const weight = subject.allocWeight(SHAPE, dtype, "packed");
      const array = Float32Array.of(1);
      await subject.refuses("ERR_DTYPE", () => backend.write(weight, 0, array));
      await subject.refuses("ERR_DTYPE", () => backend.copy(weight, 0, activation, 0, 1));
      await subject.refuses("ERR_DTYPE", () => backend.copy(activation, 0, weight, 0, 1));
      await subject.refuses("ERR_DTYPE", () => backend.copy(weight, 0, weight, 1, 1));
      if (!(dtype in PACKED_FORMATS)) continue;
      await subject.refuses("ERR_DTYPE", () => backend.read(weight));
      await subject.refuses("ERR_DTYPE", () => backend.read(weight, 0, 0));
    }
  });
}
