import { widen } from "../backend/widen.ts";
import { checkOptions, checkSignals, type OptionNames } from "../base/checkOptions.ts";
import { InputError, WeightsError } from "../base/errors.ts";
import { type HostArray, type HostDType, Tensor } from "../tensor/tensor.ts";
import type { SafetensorsDType } from "./safetensors.ts";
import { SafetensorsFile } from "./safetensorsFile.node.ts";
import { writeSafetensors as writeSources } from "./writeSafetensors.node.ts";

/** What a safetensors file holds. */
export interface TensorFile {
  /** In the order of their data. */
  readonly tensors: ReadonlyMap<string, Tensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

export interface ReadSafetensorsOptions {
  /** Tensors to read; default: all. */
  readonly names?: readonly string[];
}

export interface WriteSafetensorsOptions {
  readonly metadata?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

const READ_OPTIONS: OptionNames<ReadSafetensorsOptions> = { names: true };
const WRITE_OPTIONS: OptionNames<WriteSafetensorsOptions> = { metadata: true, signal: true };
const WRITTEN: Readonly<Record<HostDType, SafetensorsDType>> = {
  f32: "F32",
  f64: "F64",
  i32: "I32",
};

/**
 * Reads tensors of a safetensors file into memory: F32, F64 and I32 as they are, F16 and BF16 widened to f32, exactly.
 * @throws InputError ERR_OPTION, ERR_TENSOR_NAME; WeightsError ERR_WEIGHTS_MISSING, ERR_WEIGHTS_FORMAT, ERR_WEIGHTS_TRUNCATED,
 * ERR_WEIGHTS_READ; ERR_WEIGHTS_DTYPE for other dtypes
 */
export async function readSafetensors(
  path: string,
  options: ReadSafetensorsOptions = {},
): Promise<TensorFile> {
  checkOptions("readSafetensors", options, READ_OPTIONS);
  const file = await SafetensorsFile.open(path);
  try {
    const { header } = file;
    const tensors = new Map<string, Tensor>();
    for (const name of options.names ?? header.tensors.keys()) {
      const entry = header.tensors.get(name);
      if (entry === undefined)
        throw new InputError(
          "ERR_TENSOR_NAME",
          `readSafetensors: expected tensors of ${file.name}, got ${JSON.stringify(name)}. It has ${[...header.tensors.keys()].slice(0, 8).join(", ") || "none"}.`,
        );
      const bytes = new Uint8Array(entry.byteLength);
      await file.read(bytes, entry.byteOffset);
      tensors.set(name, new Tensor(numbersOf(file.name, name, entry.dtype, bytes), entry.shape));
    }
    return { tensors, metadata: header.metadata };
  } finally {
    await file.close();
  }
}

/**
 * Writes tensors under their names into a safetensors file: f32 as F32, f64 as F64, i32 as I32. The file appears whole or not at all.
 * @throws InputError ERR_OPTION, ERR_OUTPUT, ERR_TENSOR_NAME; AbortedError ERR_ABORTED
 */
export async function writeSafetensors(
  path: string,
  tensors: ReadonlyMap<string, Tensor> | Readonly<Record<string, Tensor>>,
  options: WriteSafetensorsOptions = {},
): Promise<void> {
  checkOptions("writeSafetensors", options, WRITE_OPTIONS);
  checkSignals("writeSafetensors", options);
  const entries = tensors instanceof Map ? [...tensors] : Object.entries(tensors);
  const sources = entries.map(([name, tensor]: [string, unknown]) => {
    if (!(tensor instanceof Tensor))
      throw new InputError(
        "ERR_OPTION",
        `writeSafetensors: expected a Tensor as ${JSON.stringify(name)}, got ${typeof tensor}. Write new Tensor(data, shape).`,
      );
    return { name, dtype: WRITTEN[tensor.dtype], shape: tensor.shape, data: () => tensor.data };
  });
  await writeSources(path, sources, options);
}

function numbersOf(
  file: string,
  name: string,
  dtype: SafetensorsDType,
  bytes: Uint8Array<ArrayBuffer>,
): HostArray {
  switch (dtype) {
    case "F32":
      return new Float32Array(bytes.buffer);
    case "F64":
      return new Float64Array(bytes.buffer);
    case "I32":
      return new Int32Array(bytes.buffer);
    case "F16":
    case "BF16": {
      const wide = new Float32Array(bytes.length / 2);
      widen({ dtype: dtype === "F16" ? "f16" : "bf16", data: bytes }, wide, 0);
      return wide;
    }
    default:
      throw new WeightsError(
        "ERR_WEIGHTS_DTYPE",
        `${file}: expected ${name} as F32, F64, I32, F16 or BF16, got ${dtype}. Leave it out with names.`,
      );
  }
}
