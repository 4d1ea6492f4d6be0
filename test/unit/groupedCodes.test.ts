import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { weightLength, widen } from "../../engine/backend/widen.ts";
import { ChunkRoom } from "../../engine/weights/chunkRoom.ts";
import { unpackFields } from "../../engine/weights/quantized/bitFields.ts";
import {
  type GroupedForm,
  groupedDType,
  packGrouped,
  runsOf,
} from "../../engine/weights/quantized/groupedCodes.ts";
import { unpackAwq } from "../../engine/weights/quantized/unpackAwq.ts";
import { unpackGptqCodes, unpackGptqZeros } from "../../engine/weights/quantized/unpackGptq.ts";
import fc from "../fixtures/fastCheck.ts";

/** Numbers one behind the other, as one large whole number. */
function pack(numbers: readonly number[], bits: number): Uint32Array {
  const all = numbers.reduce((sum, value, i) => sum | (BigInt(value) << BigInt(i * bits)), 0n);
  const length = Math.ceil((numbers.length * bits) / 32);
  return Uint32Array.from({ length }, (_, i) => Number((all >> BigInt(32 * i)) & 0xffffffffn));
}

describe("unpackFields", () => {
  it("finds every number that was packed, whatever their bits", () => {
    const packed = fc
      .constantFrom(2, 3, 4, 8)
      .chain((bits) =>
        fc.tuple(
          fc.constant(bits),
          fc.array(fc.integer({ min: 0, max: 2 ** bits - 1 }), { minLength: 1, maxLength: 99 }),
        ),
      );
    fc.assert(
      fc.property(packed, ([bits, numbers]) => {
        const out = new Uint8Array(numbers.length + 1);
        const fields = { words: pack(numbers, bits), bits, start: 0, stride: 1 };
        unpackFields(fields, out, 1, numbers.length);
        assert.deepEqual([...out], [0, ...numbers]);
      }),
    );
  });
});

describe("unpacking", () => {
  it("of GPTQ gives rows of codes from words that hold neighbours of a row", () => {
    for (const bits of [2, 3, 4, 8]) {
      const rows = [0, 1, 2].map((n) =>
        Array.from({ length: 32 }, (_, k) => (5 * k + 3 * n) % 2 ** bits),
      );
      const words = rows.map((row) => pack(row, bits));
      const qweight = Uint32Array.from({ length: 3 * bits }, (_, i) =>
        Number(words[i % 3]?.[Math.floor(i / 3)]),
      );
      const [first, ...others] = rows;
      const codes = new Uint8Array(32);
      unpackGptqCodes(qweight, bits, [3, 32], 0, codes);
      assert.deepEqual([...codes], first);
      const more = new Uint8Array(64);
      unpackGptqCodes(qweight, bits, [3, 32], 1, more);
      assert.deepEqual([...more], others.flat());
    }
  });

  it("of AWQ undoes its order of columns", () => {
    // half bytes 0 to 7 from the lowest upwards stand for columns 0, 2, 4, 6, 1, 3, 5, 7
    const one = new Uint8Array(8);
    unpackAwq(Uint32Array.of(0x76543210), 1, 8, 0, one);
    assert.deepEqual([...one], [0, 4, 1, 5, 2, 6, 3, 7]);
    const rows = new Uint8Array(4); // rows 1 and 2 of the weight
    unpackAwq(Uint32Array.of(0x76543210, 0xfedcba98), 2, 8, 1, rows); // (K = 2, N = 8)
    assert.deepEqual([...rows], [4, 12, 1, 9]);
  });
});

describe("zeros of GPTQ", () => {
  const form = {
    name: "x.qzeros",
    bits: 4,
    rows: 8,
    groups: 1,
    symmetric: false,
    less: 1,
  } as const;

  it("are one more than stored in the first version, and as stored in the second", () => {
    const words = Uint32Array.of(0xedcba876);
    assert.deepEqual([...unpackGptqZeros(words, form)], [7, 8, 9, 11, 12, 13, 14, 15]);
    const second = unpackGptqZeros(words, { ...form, less: 0 });
    assert.deepEqual([...second], [6, 7, 8, 10, 11, 12, 13, 14]);
  });

  it("that programs read differently are refused", () => {
    const highest = /x\.qzeros: expected zeros from 1 to 15, got a stored 15 for row 7 in group 0/;
    assert.throws(() => unpackGptqZeros(Uint32Array.of(0xf7777777), form), highest);
    const symmetric = { ...form, symmetric: true };
    assert.deepEqual([...unpackGptqZeros(Uint32Array.of(0x77777777), symmetric)], Array(8).fill(8));
    const beside = { code: "ERR_WEIGHTS_FORMAT", message: /zeros of 8, as sym says, got 9/ };
    assert.throws(() => unpackGptqZeros(Uint32Array.of(0x77777787), symmetric), beside);
  });
});

describe("grouped codes", () => {
  const shape = [3, 64] as const;
  const form = { shape, bits: 4, symmetric: true, scaleDType: "F16", groupSize: 32 } as const;

  it("are kept in the narrowest dtype that has their numbers", () => {
    const CASES: [ReturnType<typeof groupedDType>, Partial<GroupedForm>][] = [
      ["q4_0", {}],
      ["q4_0", { bits: 2 }],
      ["q8_0", { symmetric: false }],
      ["q8_0", { bits: 8 }],
      ["f32", { bits: 8, symmetric: false }],
      ["f8e4m3", { scaleDType: "BF16", groupSize: 64 }],
      ["f32", { scaleDType: "BF16" }], // groups of 32 where a device has 64
      ["f32", { bits: 8, scaleDType: "BF16" }],
      ["f32", { groupSize: null }],
      ["f32", { groupSize: 16 }],
      ["f32", { shape: [3, 48] }],
    ];
    for (const [dtype, change] of CASES)
      assert.equal(groupedDType({ ...form, ...change }), dtype, JSON.stringify(change));
  });

  it("stand for the same float32 numbers in every dtype that may keep them", () => {
    const numbers = (max: number, length: number) =>
      fc.array(fc.integer({ min: 0, max }), { minLength: length, maxLength: length });
    const scales = fc.array(fc.constantFrom(1, 2 ** -14, 2 ** -24, 0.0999755859375, 65504, -0.5), {
      minLength: 6,
      maxLength: 6,
    });
    fc.assert(
      fc.property(numbers(15, 192), numbers(16, 6), scales, (codes, zeros, scale) => {
        for (const [dtype, zeroList, size] of [
          ["q4_0", zeros.map(() => 8), 32],
          ["q8_0", zeros, 32],
          ["f8e4m3", zeros.slice(0, 3), 64],
          ["f32", zeros, 32],
        ] as const) {
          const nGroups = 64 / size;
          const grouped = {
            shape,
            zeros: Int16Array.from(zeroList),
            scales: Float32Array.from(scale.slice(0, 3 * nGroups)),
            groups: runsOf(64, size),
          };
          const values = new Float32Array(192);
          const room = new ChunkRoom();
          for (const [from, to] of [
            [0, 1],
            [1, 3],
          ] as const) {
            const some = Uint8Array.from(codes.slice(64 * from, 64 * to));
            const bytes = packGrouped(grouped, some, from, dtype, room);
            assert.equal(bytes.dtype, dtype);
            assert.equal(weightLength(bytes), 64 * (to - from));
            widen(bytes, values, 64 * from);
          }
          const wanted = codes.map((code, i) => {
            const at = Math.floor(i / 64) * nGroups + Math.floor((i % 64) / size);
            return Math.fround((code - Number(zeroList[at])) * Number(grouped.scales[at])) + 0;
          });
          assert.deepEqual(
            [...values].map((value) => value + 0),
            wanted,
            dtype,
          );
        }
      }),
    );
  });
});
