import { widen } from "../backend/widen.ts";
import { InputError } from "../base/errors.ts";
import type { Checkpoint, TensorEntry } from "./checkpoint.ts";
import { bf16Bits, f16Bits } from "./roundFloat.ts";

/** In what precision matrices are held: as the checkpoint stores them, or rounded (or widened) to one dtype. */
export type WeightDType = "auto" | "f32" | "bf16" | "f16";

const CHOICES: readonly WeightDType[] = ["auto", "f32", "bf16", "f16"];
const STORED = { F32: "f32", F16: "f16", BF16: "bf16" } as const;
type Castable = keyof typeof STORED;

/** Scales of packed weights, which may be matrices themselves: rounded, they would stand for other weights. */
const SCALES = /[._]scales?(_inv)?$/;

/**
 * The same checkpoint with its float matrices in another dtype, converted as they are read: to f32 exactly, to bf16 and
 * f16 with round-to-nearest-even as PyTorch does. Vectors (norms, biases) and packed weights (FP8, MXFP4, groups of
 * integers, GGUF blocks) with their scales stay as they are stored.
 * @throws InputError ERR_OPTION
 */
export function castCheckpoint(checkpoint: Checkpoint, dtype: WeightDType = "auto"): Checkpoint {
  if (!CHOICES.includes(dtype))
    throw new InputError(
      "ERR_OPTION",
      `dtype: expected ${CHOICES.join(", ")}, got ${JSON.stringify(dtype)}. Leave it out to keep the weights as they are stored.`,
    );
  if (dtype === "auto") return checkpoint;
  const target: Castable = dtype === "f32" ? "F32" : dtype === "bf16" ? "BF16" : "F16";
  const tensors = new Map(
    [...checkpoint.tensors].map(([name, entry]) => [name, castEntry(name, entry, target)]),
  );
  const readRange = async (name: string, byteStart: number, byteLength: number) => {
    const from = checkpoint.tensors.get(name);
    if (from === undefined || tensors.get(name) === from)
      return checkpoint.readRange(name, byteStart, byteLength);
    const source = from.dtype as Castable;
    const scale = elementBytes(source) / elementBytes(target);
    const bytes = await checkpoint.readRange(name, byteStart * scale, byteLength * scale);
    return castBytes(bytes, source, target);
  };
  return {
    ...pickFields(checkpoint),
    tensors,
    sizeBytes: [...tensors.values()].reduce((sum, entry) => sum + entry.byteLength, 0),
    readRange,
    readTensor: (name) => readRange(name, 0, tensors.get(name)?.byteLength ?? 0),
    async readInto(name, byteStart, target) {
      target.set(await readRange(name, byteStart, target.byteLength));
    },
    close: () => checkpoint.close(),
  };
}

function pickFields({
  name,
  location,
  config,
  generationConfig,
  hash,
  totalParameters,
}: Checkpoint) {
  return { name, location, config, generationConfig, hash, totalParameters };
}

function castEntry(name: string, entry: TensorEntry, target: Castable): TensorEntry {
  if (!(entry.dtype in STORED) || entry.dtype === target || entry.shape.length < 2) return entry;
  if (SCALES.test(name)) return entry;
  const elements = entry.byteLength / elementBytes(entry.dtype as Castable);
  return { ...entry, dtype: target, byteLength: elements * elementBytes(target) };
}

function elementBytes(dtype: Castable): number {
  return dtype === "F32" ? 4 : 2;
}

function castBytes(data: Uint8Array, source: Castable, target: Castable): Uint8Array<ArrayBuffer> {
  const values = new Float32Array(data.byteLength / elementBytes(source));
  widen({ dtype: STORED[source], data }, values, 0);
  if (target === "F32") return new Uint8Array(values.buffer);
  const halves = new Uint16Array(values.length);
  const bits = new Uint32Array(values.buffer);
  const round = target === "BF16" ? bf16Bits : f16Bits;
  for (let i = 0; i < halves.length; i++) halves[i] = round(bits[i] as number);
  return new Uint8Array(halves.buffer);
}
