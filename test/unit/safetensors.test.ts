import assert from "node:assert/strict";
import { test } from "node:test";
import { WeightsError } from "../../engine/base/errors.ts";
import { parseSafetensorsHeader } from "../../engine/weights/safetensors.ts";

function fileOf(json: unknown, dataBytes: number): Uint8Array {
  const text = new TextEncoder().encode(typeof json === "string" ? json : JSON.stringify(json));
  const file = new Uint8Array(8 + text.length + dataBytes);
  new DataView(file.buffer).setBigUint64(0, BigInt(text.length), true);
  file.set(text, 8);
  return file;
}

function refusal(json: unknown, dataBytes: number, fileSize?: number): WeightsError {
  const file = fileOf(json, dataBytes);
  try {
    parseSafetensorsHeader(file, fileSize ?? file.length, "weights.safetensors");
  } catch (error) {
    assert.ok(error instanceof WeightsError);
    assert.match(error.message, /^weights\.safetensors: expected .+, got .+\. .+\.$/s);
    return error;
  }
  throw new Error("nothing was refused");
}

const f32 = (begin: number, end: number, shape: number[]) => ({
  dtype: "F32",
  shape,
  data_offsets: [begin, end],
});

test("a header names every tensor with its place in the file", () => {
  const file = fileOf(
    { __metadata__: { format: "pt" }, b: f32(8, 24, [2, 2]), a: f32(0, 8, [2]) },
    24,
  );
  const header = parseSafetensorsHeader(file, file.length);
  assert.deepEqual([...header.tensors.keys()], ["a", "b"]);
  assert.deepEqual(header.metadata, { format: "pt" });
  assert.equal(header.dataStart, file.length - 24);
  assert.deepEqual(header.tensors.get("b"), {
    dtype: "F32",
    shape: [2, 2],
    byteOffset: header.dataStart + 8,
    byteLength: 16,
  });
});

test("scalars, empty tensors and an empty file are accepted", () => {
  const file = fileOf({ empty: f32(0, 0, [0, 3]), scalar: f32(0, 4, []) }, 4);
  assert.equal(parseSafetensorsHeader(file, file.length).tensors.get("scalar")?.byteLength, 4);
  const none = fileOf("{}", 0);
  assert.equal(parseSafetensorsHeader(none, none.length).tensors.size, 0);
});

test("a truncated file is told by expected and actual bytes", () => {
  const file = fileOf({ a: f32(0, 400, [100]) }, 400);
  const error = refusal({ a: f32(0, 400, [100]) }, 400, file.length - 150);
  assert.equal(error.code, "ERR_WEIGHTS_TRUNCATED");
  assert.match(
    error.message,
    new RegExp(`expected ${file.length} bytes .* got ${file.length - 150} bytes`),
  );
  assert.match(error.message, /[Dd]ownload it again/);
});

test("a file shorter than its header, or than the length of the header, is truncated", () => {
  const file = fileOf({ a: f32(0, 4, [1]) }, 4);
  for (const size of [0, 7, 8, 20])
    assert.throws(() => parseSafetensorsHeader(file.subarray(0, size), size), {
      name: "WeightsError",
      code: "ERR_WEIGHTS_TRUNCATED",
    });
});

test("a header length beyond the format's limit is refused as no safetensors file", () => {
  const page = new TextEncoder().encode("<!doctype html><html><body>Not found</body></html>");
  assert.throws(() => parseSafetensorsHeader(page, page.length), {
    name: "WeightsError",
    code: "ERR_WEIGHTS_FORMAT",
  });
});

const refused: [string, unknown, number][] = [
  ["bytes that are no JSON", "{nope", 0],
  ["JSON that is no object", "[1, 2]", 0],
  ["a tensor that is no object", { a: 3 }, 0],
  ["an unknown dtype", { a: { dtype: "F4", shape: [2], data_offsets: [0, 1] } }, 1],
  [
    "a dtype that is a property of every object",
    { a: { dtype: "toString", shape: [], data_offsets: [0, 4] } },
    4,
  ],
  ["a negative size", { a: f32(0, 4, [-1]) }, 4],
  ["a broken size", { a: f32(0, 4, [1.5]) }, 4],
  ["sizes whose product overflows", { a: f32(0, 0, [2 ** 52, 2 ** 52, 0.5]) }, 0],
  ["a product beyond whole numbers", { a: f32(0, 4, Array(40).fill(2 ** 50)) }, 4],
  ["data_offsets of three", { a: { dtype: "F32", shape: [1], data_offsets: [0, 4, 8] } }, 4],
  ["data_offsets that descend", { a: f32(4, 0, [1]) }, 4],
  ["a shape that disagrees with its bytes", { a: f32(0, 8, [3]) }, 8],
  ["two tensors that overlap", { a: f32(0, 8, [2]), b: f32(4, 12, [2]) }, 12],
  ["a gap between tensors", { a: f32(0, 4, [1]), b: f32(8, 12, [1]) }, 12],
  ["bytes after the last tensor", { a: f32(0, 4, [1]) }, 9],
  ["metadata that is not text", { __metadata__: { n: 1 }, a: f32(0, 4, [1]) }, 4],
  ["metadata that is no object", { __metadata__: ["x"] }, 0],
];
for (const [what, json, dataBytes] of refused)
  test(`${what}: refused`, () => {
    assert.equal(refusal(json, dataBytes).code, "ERR_WEIGHTS_FORMAT");
  });

test("a name that stands twice is refused, also when spelled in two ways", () => {
  const entry = JSON.stringify(f32(0, 4, [1]));
  assert.match(refusal(`{"a":${entry},"\\u0061":${entry}}`, 4).message, /"a" twice/);
});

test("bytes that are no UTF-8 are refused", () => {
  const file = fileOf({ aaaa: f32(0, 4, [1]) }, 4);
  file[10] = 0xff;
  assert.throws(() => parseSafetensorsHeader(file, file.length), { code: "ERR_WEIGHTS_FORMAT" });
});
