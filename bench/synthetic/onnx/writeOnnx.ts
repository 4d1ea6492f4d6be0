import { type FileHandle, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { codeScale, randomCodes, randomFloats } from "../randomTensor.ts";
import { RandomBytes } from "../randomWeights.ts";
import { SHAPES, type SyntheticShape } from "../shapes.ts";
import { written } from "../written.ts";
import { scaleOf, zeroPointOf } from "./graphNodes.ts";
import { type OnnxDtype, type OnnxTensor, onnxModel } from "./onnxModel.ts";
import { type Qwen2Config, qwen2Graph, ROPE } from "./qwen2Graph.ts";

/** As transformers.js calls the files of its "q8". */
const GRAPH = "model_quantized.onnx";
const WEIGHTS = `${GRAPH}_data`;
/** Tensors begin at a page, so that they can be mapped. */
const PAGE = 4096;

/**
 * Writes the weights of `writeSynthetic(…, "q8_0")` as transformers.js opens them: config.json, a graph in onnx/ and a file of
 * tensors beside it. Codes are the same numbers with the same scale.
 * @throws Error where the shape is none of Qwen2's
 */
export async function writeOnnx(folder: string, name: keyof typeof SHAPES): Promise<string> {
  const { config, sizes, tensors }: SyntheticShape = SHAPES[name];
  if (config.model_type !== "qwen2")
    throw new Error(`${name}: expected a shape of Qwen2 for ONNX, got none. Take "dense".`);
  const qwen2 = config as unknown as Qwen2Config;
  await mkdir(join(folder, "onnx"), { recursive: true });
  const external = { use_external_data_format: { [GRAPH]: 1 } };
  const saidOfFiles = JSON.stringify({ ...config, "transformers.js_config": external });
  await writeFile(join(folder, "config.json"), saidOfFiles);
  const places: OnnxTensor[] = [];
  await written(join(folder, "onnx", WEIGHTS), async (file) => {
    const put = placer(file, places);
    const scale = new Uint8Array(Float32Array.of(codeScale()).buffer);
    const random = new RandomBytes();
    for (const tensor of tensors) {
      const { huggingFace: name, shape } = tensor;
      if (tensor.isPlain) await put(name, "float32", shape, randomFloats(tensor, random));
      else {
        const codes = randomCodes(tensor, random);
        const [rows, columns] = shape as [number, number];
        if (name === "model.embed_tokens.weight") await put(name, "int8", shape, codes);
        else await put(name, "int8", [columns, rows], transposed(codes, rows, columns));
        places.push(
          { name: scaleOf(name), dtype: "float32", shape: [], data: scale },
          { name: zeroPointOf(name), dtype: "int8", shape: [], data: new Uint8Array(1) },
        );
      }
    }
    const shape = [qwen2.max_position_embeddings, sizes.dHead / 2];
    for (const [i, table] of ropeTables(qwen2, sizes.dHead).entries())
      await put(ROPE[i] as string, "float32", shape, table);
  });
  const model = onnxModel(qwen2Graph(sizes, qwen2, places));
  await writeFile(join(folder, "onnx", GRAPH), model);
  return folder;
}

/** Appends tensors to a file, and notes where they lie. */
function placer(file: FileHandle, places: OnnxTensor[]) {
  let offset = 0;
  return async (
    name: string,
    dtype: OnnxDtype,
    shape: readonly number[],
    { buffer, byteLength }: Float32Array | Int8Array,
  ): Promise<void> => {
    await file.write(new Uint8Array(buffer));
    places.push({ name, dtype, shape, data: { file: WEIGHTS, offset, byteLength } });
    const rest = (PAGE - (byteLength % PAGE)) % PAGE;
    await file.write(new Uint8Array(rest));
    offset += byteLength + rest;
  };
}

/** Rows become columns: [rows, columns] to [columns, rows]. */
export function transposed(values: Int8Array, rows: number, columns: number): Int8Array {
  const result = new Int8Array(values.length);
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < columns; c++) result[c * rows + r] = values[r * columns + c] as number;
  return result;
}

/** Cosines and sines of the angles of every position, [positions, dHead / 2] each. */
function ropeTables(
  { max_position_embeddings: positions, rope_theta }: Qwen2Config,
  dHead: number,
): [cos: Float32Array, sin: Float32Array] {
  const half = dHead / 2;
  const angle = (i: number) => Math.floor(i / half) * rope_theta ** -((i % half) / half);
  const table = (of: (angle: number) => number) =>
    Float32Array.from({ length: positions * half }, (_, i) => of(angle(i)));
  return [table(Math.cos), table(Math.sin)];
}
