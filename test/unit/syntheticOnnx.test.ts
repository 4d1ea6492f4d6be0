import assert from "node:assert/strict";
import { test } from "node:test";
import { onnxModel } from "../../bench/synthetic/onnx/onnxModel.ts";
import { ProtobufMessage } from "../../bench/synthetic/onnx/protobuf.ts";
import { type Qwen2Config, qwen2Graph, ROPE } from "../../bench/synthetic/onnx/qwen2Graph.ts";
import { transposed } from "../../bench/synthetic/onnx/writeOnnx.ts";
import { codeScale, randomBlocks, randomCodes } from "../../bench/synthetic/randomTensor.ts";
import { FORMATS, RandomBytes } from "../../bench/synthetic/randomWeights.ts";
import { SHAPES } from "../../bench/synthetic/shapes.ts";
import { halfToNumber } from "../../engine/backend/halfValues.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

test("a message has the bytes that the documentation of Protocol Buffers gives", () => {
  assert.equal(hex(new ProtobufMessage().integer(1, 150).encoded()), "089601");
  assert.equal(hex(new ProtobufMessage().text(2, "testing").encoded()), "120774657374696e67");
  const inner = new ProtobufMessage().integer(1, 150);
  assert.equal(hex(new ProtobufMessage().message(3, inner).encoded()), "1a03089601");
  const minusTwo = "08feffffffffffffffff01";
  assert.equal(hex(new ProtobufMessage().integer(1, -2).encoded()), minusTwo);
  assert.equal(hex(new ProtobufMessage().float(2, 1).encoded()), "150000803f");
});

test("the codes of a tensor are those of its blocks of Q8_0, and all blocks have the one scale", () => {
  const tensor = { gguf: "a", huggingFace: "b", shape: [3, 64], isPlain: false };
  const [blocks] = [...randomBlocks(tensor, FORMATS.q8_0, new RandomBytes())] as [Uint8Array];
  const codes = randomCodes(tensor, new RandomBytes());
  const view = new DataView(blocks.buffer, blocks.byteOffset, blocks.byteLength);
  for (let i = 0; i < codes.length; i++) {
    const block = 34 * Math.floor(i / 32);
    assert.equal(codes[i], view.getInt8(block + 2 + (i % 32)));
    assert.equal(codeScale(), halfToNumber(view.getUint16(block, true)));
  }
});

test("a weight is turned round", () => {
  const turned = transposed(Int8Array.of(1, 2, 3, 4, 5, 6), 2, 3);
  assert.deepEqual([...turned], [1, 4, 2, 5, 3, 6]);
});

test("every name in a graph of Qwen2 is written once, before it is read, and every tensor is read", () => {
  for (const shape of [SHAPES["dense-cut"], SHAPES["dense-7b"]]) {
    const matrices = shape.tensors.filter(({ isPlain }) => !isPlain);
    const constants = matrices.flatMap(({ huggingFace }) =>
      ["", "_scale", "_zero_point"].map((end) => huggingFace + end),
    );
    const plain = shape.tensors.filter(({ isPlain }) => isPlain);
    const names = [...constants, ...plain.map(({ huggingFace }) => huggingFace), ...ROPE];
    const tensors = names.map((name) => {
      return { name, dtype: "int8" as const, shape: [0], data: new Uint8Array() };
    });
    const config = shape.config as unknown as Qwen2Config;
    const graph = qwen2Graph(shape.sizes, config, tensors);
    const written = new Set([...graph.inputs, ...graph.tensors].map(({ name }) => name));
    assert.equal(written.size, graph.inputs.length + graph.tensors.length);
    const read = new Set<string>();
    for (const { inputs, outputs } of graph.nodes) {
      for (const name of inputs)
        assert.ok(written.has(name), `${name} is read before it is written`);
      for (const name of inputs) read.add(name);
      for (const name of outputs.filter((output) => output !== "")) {
        assert.ok(!written.has(name), `${name} is written twice`);
        written.add(name);
      }
    }
    for (const { name } of graph.outputs) assert.ok(written.has(name), `${name} is not written`);
    for (const name of names) assert.ok(read.has(name), `${name} is not read`);
    assert.ok(onnxModel(graph).length > 10_000);
  }
});
