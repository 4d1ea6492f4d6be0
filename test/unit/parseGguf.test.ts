import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type GgufHeader, parseGguf } from "../../engine/weights/gguf/parseGguf.ts";

type Put = (view: DataView, at: number) => void;

/** Little-endian bytes of a file, written piece by piece. */
class Writer {
  #bytes: number[] = [];

  #put(size: number, put: Put): this {
    const view = new DataView(new ArrayBuffer(size));
    put(view, 0);
    this.#bytes.push(...new Uint8Array(view.buffer));
    return this;
  }
  raw(...bytes: readonly number[]): this {
    this.#bytes.push(...bytes);
    return this;
  }
  u32(value: number): this {
    return this.#put(4, (view, at) => view.setUint32(at, value, true));
  }
  u64(value: bigint | number): this {
    return this.#put(8, (view, at) => view.setBigUint64(at, BigInt(value), true));
  }
  f32(value: number): this {
    return this.#put(4, (view, at) => view.setFloat32(at, value, true));
  }
  f64(value: number): this {
    return this.#put(8, (view, at) => view.setFloat64(at, value, true));
  }
  text(value: string): this {
    const bytes = new TextEncoder().encode(value);
    return this.u64(bytes.length).raw(...bytes);
  }
  start(nTensors: number, nValues: number, version = 3): this {
    return this.raw(...Buffer.from("GGUF"))
      .u32(version)
      .u64(nTensors)
      .u64(nValues);
  }
  /** Zeros up to the next multiple of 32, and some more. */
  data(size: number): this {
    const padding = (32 - (this.#bytes.length % 32)) % 32;
    return this.raw(...new Uint8Array(padding + size));
  }
  get bytes(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }
  get length(): number {
    return this.#bytes.length;
  }
}

function parse(bytes: Uint8Array, fileSize = bytes.length): GgufHeader {
  const header = parseGguf(bytes, fileSize, "a.gguf");
  assert.ok(header !== null);
  return header;
}

const value = (write: (writer: Writer) => Writer): unknown =>
  parse(write(new Writer().start(0, 1).text("k")).bytes).metadata.get("k");

const tensor =
  (name: string, axes: readonly number[], type: number, offset: number) =>
  (writer: Writer): Writer => {
    writer.text(name).u32(axes.length);
    for (const axis of axes) writer.u64(axis);
    return writer.u32(type).u64(offset);
  };

const refuses = (bytes: Uint8Array, message: RegExp, code = "ERR_WEIGHTS_FORMAT"): void =>
  assert.throws(() => parseGguf(bytes, bytes.length, "a.gguf"), { code, message });

describe("a metadata value of each type", () => {
  test("is the number, sign included, that its bytes stand for", () => {
    assert.equal(
      value((w) => w.u32(0).raw(0xfe)),
      254,
    );
    assert.equal(
      value((w) => w.u32(1).raw(0xfe)),
      -2,
    );
    assert.equal(
      value((w) => w.u32(1).raw(0x7f)),
      127,
    );
    assert.equal(
      value((w) => w.u32(2).raw(0xfe, 0xff)),
      65_534,
    );
    assert.equal(
      value((w) => w.u32(3).raw(0xfe, 0xff)),
      -2,
    );
    assert.equal(
      value((w) => w.u32(3).raw(0xff, 0x7f)),
      32_767,
    );
    assert.equal(
      value((w) => w.u32(4).u32(2 ** 32 - 2)),
      2 ** 32 - 2,
    );
    assert.equal(
      value((w) => w.u32(5).u32(2 ** 32 - 2)),
      -2,
    );
    assert.equal(
      value((w) => w.u32(6).f32(-0.5)),
      -0.5,
    );
    assert.equal(
      value((w) => w.u32(12).f64(0.1)),
      0.1,
    );
  });

  test("of 64 bits is a number where that is exact, and a bigint elsewhere", () => {
    assert.equal(
      value((w) => w.u32(10).u64(2n ** 53n - 1n)),
      2 ** 53 - 1,
    );
    assert.equal(
      value((w) => w.u32(10).u64(2n ** 53n)),
      2n ** 53n,
    );
    assert.equal(
      value((w) => w.u32(10).u64(2n ** 64n - 1n)),
      2n ** 64n - 1n,
    );
    assert.equal(
      value((w) => w.u32(11).u64(2n ** 64n - 2n)),
      -2,
    );
    assert.equal(
      value((w) => w.u32(11).u64(2n ** 63n)),
      -(2n ** 63n),
    );
  });

  test("is true for every byte but 0, and text as UTF-8 with its mark kept", () => {
    assert.equal(
      value((w) => w.u32(7).raw(0)),
      false,
    );
    assert.equal(
      value((w) => w.u32(7).raw(1)),
      true,
    );
    assert.equal(
      value((w) => w.u32(8).text("\ufeffé")),
      "\ufeffé",
    );
    assert.equal(
      value((w) => w.u32(8).u64(1).raw(0xff)),
      "\ufffd",
    );
  });

  test("may be a list of any of them, four levels deep", () => {
    assert.deepEqual(
      value((w) => w.u32(9).u32(3).u64(2).raw(1, 0, 0xff, 0xff)),
      [1, -1],
    );
    assert.deepEqual(
      value((w) => w.u32(9).u32(8).u64(2).text("a").text("b")),
      ["a", "b"],
    );
    const nested = (levels: number) => (w: Writer) => {
      w.u32(9);
      for (let i = 1; i < levels; i++) w.u32(9).u64(1);
      return w.u32(0).u64(1).raw(7);
    };
    assert.deepEqual(value(nested(4)), [[[[7]]]]);
    assert.throws(() => value(nested(5)), { message: /arrays of at most 4 levels/ });
  });

  test("of a type that is not known is refused", () => {
    assert.throws(() => value((w) => w.u32(13).u64(0)), { message: /type from 0 to 12, got 13/ });
  });

  test("whose list cannot fit in the rest of the file is refused before it is read", () => {
    const sizes = [1, 1, 2, 2, 4, 4, 4, 1, 8, 12, 8, 8, 8];
    for (const [type, size] of sizes.entries()) {
      const list = (count: number): Uint8Array =>
        new Writer()
          .start(0, 1)
          .text("k")
          .u32(9)
          .u32(type)
          .u64(count)
          .raw(...new Uint8Array(48)).bytes;
      const most = Math.floor(48 / size);
      refuses(list(most + 1), new RegExp(`at most ${most} array elements in the rest`));
    }
  });
});

describe("the directory of tensors", () => {
  test("gives shapes row by row, types, places and sizes", () => {
    const writer = new Writer().start(2, 0);
    tensor("a", [32, 2], 8, 0)(writer); // Q8_0: 34 bytes a block
    tensor("b", [3], 0, 96)(writer);
    const headerBytes = writer.length;
    const dataStart = Math.ceil(headerBytes / 32) * 32;
    const header = parse(writer.data(96 + 12).bytes);
    assert.equal(header.headerBytes, headerBytes);
    assert.deepEqual(Object.fromEntries(header.tensors), {
      a: { type: "Q8_0", shape: [2, 32], file: "a.gguf", byteOffset: dataStart, byteLength: 68 },
      b: { type: "F32", shape: [3], file: "a.gguf", byteOffset: dataStart + 96, byteLength: 12 },
    });
  });

  test("may not hold overlaps, names twice, odd places or rows of broken blocks", () => {
    const two = (...entries: readonly ((writer: Writer) => Writer)[]): Uint8Array => {
      const writer = new Writer().start(entries.length, 0);
      for (const write of entries) write(writer);
      return writer.data(256).bytes;
    };
    refuses(
      two(tensor("a", [16], 0, 0), tensor("b", [8], 0, 32)),
      /b to start at byte \d+ or later/,
    );
    assert.equal(parse(two(tensor("b", [8], 0, 64), tensor("a", [16], 0, 0))).tensors.size, 2);
    refuses(two(tensor("a", [8], 0, 0), tensor("a", [8], 0, 32)), /every tensor once/);
    refuses(two(tensor("a", [8], 0, 16)), /a at a multiple of 32 bytes, got 16/);
    refuses(two(tensor("a", [31], 8, 0)), /a to have rows of whole blocks of 32/);
    refuses(two(tensor("a", [0], 0, 0)), /whole blocks of 1/);
    refuses(two(tensor("a", [], 0, 0)), /1 to 4 axes of "a", got 0/);
    assert.deepEqual(
      parse(two(tensor("a", [1, 2, 3, 4], 0, 0))).tensors.get("a")?.shape,
      [4, 3, 2, 1],
    );
    refuses(two(tensor("a", [1, 1, 1, 1, 1], 0, 0)), /1 to 4 axes of "a", got 5/);
    refuses(two(tensor("a", [8], 34, 0)), /expected one of F32, .* got TQ1_0/, "ERR_TENSOR_DTYPE");
  });

  test("may not reach beyond the end of the file, by a byte or by far", () => {
    const file = (count: number): Uint8Array =>
      tensor("a", [count], 0, 0)(new Writer().start(1, 0)).data(64).bytes;
    assert.equal(parse(file(16)).tensors.get("a")?.byteLength, 64);
    refuses(
      file(17),
      /expected a up to byte \d+, got a file of \d+ bytes/,
      "ERR_WEIGHTS_TRUNCATED",
    );
    refuses(file(2 ** 40), /expected a up to byte/, "ERR_WEIGHTS_TRUNCATED");
  });

  test("keeps to the alignment that the file names, a multiple of 8", () => {
    const aligned = (alignment: number): Uint8Array => {
      const writer = new Writer().start(1, 1).text("general.alignment").u32(4).u32(alignment);
      return tensor("a", [1], 0, 0)(writer).data(256).bytes;
    };
    const headerBytes = parse(aligned(8)).headerBytes;
    for (const alignment of [8, 16, 64])
      assert.equal(
        parse(aligned(alignment)).tensors.get("a")?.byteOffset,
        Math.ceil(headerBytes / alignment) * alignment,
      );
    for (const alignment of [0, 4, 12]) refuses(aligned(alignment), /to be a multiple of 8/);
  });
});

/** What a file that is whole, but not what is read here, is called, and what to do with it. */
describe("what is no GGUF of version 2 or 3", () => {
  const start = (text: string, ...bytes: readonly number[]): Uint8Array =>
    new Writer().raw(...Buffer.from(text, "latin1"), ...bytes).raw(...new Uint8Array(24)).bytes;
  const whole: readonly [string, Uint8Array, RegExp, RegExp][] = [
    ["an older version", start("GGUF", 1, 0, 0, 0), /2 or 3, got version 1\./, /Convert/],
    ["a newer version", start("GGUF", 4, 0, 0, 0), /2 or 3, got version 4\./, /version 3/],
    ["version 0", start("GGUF"), /2 or 3, got version 0\./, /version 3/],
    ["another byte order", start("GGUF", 0, 0, 0, 3), /big-endian file of version 3/, /endian/],
    ["letters turned round", start("FUGG", 0, 0, 0, 3), /got a big-endian file\./, /endian/],
    ["GGJT", start("tjgg", 3, 0, 0, 0), /older format, which begins with "tjgg"/, /Convert/],
    ["GGML", start("GGML", 1, 0, 0, 0), /older format, which begins with "GGML"/, /Convert/],
    [
      "a Git LFS pointer",
      start("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n"),
      /got the pointer that Git LFS keeps/,
      /git lfs pull/,
    ],
    ["a web page", start("\n<!DOCTYPE html>"), /got a web page/, /Download the file that/],
    ["anything else", start("PK\u0003\u0004"), /the letters GGUF .* 50 4b 03 04/, /Name a/],
  ];
  for (const [what, bytes, got, fix] of whole)
    test(`is named, and nobody told to download it again: ${what}`, () => {
      refuses(bytes, got);
      refuses(bytes, fix);
      refuses(bytes, /^(?!.*(damaged|download it again)).*$/s);
    });

  test("is an empty file, too", () => {
    refuses(new Uint8Array(), /got an empty file\. Download it again\./);
  });
});

describe("the header", () => {
  test("of version 2 or 3 alone is read, and each key once", () => {
    for (const version of [2, 3])
      assert.equal(parse(new Writer().start(0, 0, version).bytes).tensors.size, 0);
    const twice = new Writer().start(0, 2).text("k").u32(7).raw(1).text("k").u32(7).raw(1);
    refuses(twice.bytes, /every key once, got "k" twice/);
  });

  test("that the bytes at hand do not hold whole is asked for again, and refused at the file's end", () => {
    const { bytes } = new Writer().start(0, 1).text("k").u32(7).raw(1);
    for (let length = 0; length < bytes.length; length++) {
      assert.equal(parseGguf(bytes.subarray(0, length), bytes.length, "a.gguf"), null);
      assert.throws(() => parseGguf(bytes.subarray(0, length), length, "a.gguf"));
    }
    refuses(bytes.subarray(0, 8), /expected more header after byte 8/, "ERR_WEIGHTS_TRUNCATED");
  });

  test("counts no more tensors or values than the file has bytes for", () => {
    const rest = new Uint8Array(64);
    refuses(new Writer().start(3, 0).raw(...rest).bytes, /at most 2 tensors in the rest/);
    refuses(new Writer().start(0, 5).raw(...rest).bytes, /at most 4 metadata values in the rest/);
  });
});
