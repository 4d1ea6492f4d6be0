import { weightLength, widen } from "../../backend/widen.ts";
import { WeightsError } from "../../base/errors.ts";
import { GGUF_TYPES, type GgufType, isGgufBlockType } from "./ggufTypes.ts";
import type { GgufTensor } from "./parseGguf.ts";
import { unpackGguf } from "./unpackGguf.ts";
import { unpermuteRows } from "./unpermuteRows.ts";

/** How a Hugging Face tensor is made of tensors that the file has in another order, or apart. */
export interface GgufDerivation {
  readonly parts: readonly GgufTensor[];
  /** The tensor is this many pieces, each made of as many equal pieces of every part. */
  readonly pieces: number;
  /** Makes some pieces of theirs. */
  make(bytes: readonly Uint8Array[], pieces: number): Uint8Array<ArrayBuffer>;
}

/** Where one Hugging Face tensor lies in a GGUF file; of a derived one, how long it is and where its first part lies. */
export interface GgufSource extends GgufTensor {
  /** Null where the bytes are the tensor's. */
  readonly derivation: GgufDerivation | null;
}

export function asStored(tensor: GgufTensor): GgufSource {
  return { ...tensor, derivation: null };
}

/** Query or key rows as transformers orders them, packed rows as they are. */
export function unpermuted(name: string, tensor: GgufTensor, nHeads: number): GgufSource {
  const nRows = tensor.shape[0] ?? 0;
  if (!(nHeads >= 1) || nRows % (2 * nHeads) !== 0)
    throw wrongShape(name, `rows of ${nHeads} heads of even size`, tensor.shape);
  const make = ([data = new Uint8Array()]: readonly Uint8Array[], heads: number) =>
    unpermuteRows(data, heads * (nRows / nHeads), heads);
  return { ...tensor, derivation: { parts: [tensor], pieces: nHeads, make } };
}

/** A matrix (N, K) as (K, N); blocks do not survive that and become f32. */
export function transposed(name: string, tensor: GgufTensor): GgufSource {
  const [rows = 0, columns = 0] = tensor.shape;
  if (tensor.shape.length !== 2) throw wrongShape(name, "a matrix", tensor.shape);
  return asFloats(name, [tensor], [columns, rows], 1, ([values = new Float32Array()], out) => {
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < columns; j++) out[j * rows + i] = values[i * columns + j] as number;
  });
}

/** Two tensors of one type and shape (..., N, K), as (..., 2 N, K): a row of the first, one of the second. */
export function alternatingRows(name: string, first: GgufTensor, second: GgufTensor): GgufSource {
  const { shape, type, byteLength } = first;
  if (second.type !== type)
    throw new WeightsError(
      "ERR_TENSOR_DTYPE",
      `${name}: expected gate and up matrices of one type, got ${type} and ${second.type}. Choose a file that keeps them in the same type.`,
    );
  if (second.shape.join() !== shape.join())
    throw wrongShape(name, `a second part of shape (${shape.join(", ")})`, second.shape);
  const last = shape.at(-1) ?? 1;
  const isVector = shape.length < 3; // biases (E, N): every element is a row
  if (isVector && isGgufBlockType(type))
    throw new WeightsError(
      "ERR_TENSOR_DTYPE",
      `${name}: expected biases in F32, F16 or BF16, got ${type}. Convert the model again.`,
    );
  const rowBytes = isVector ? GGUF_TYPES[type].bytes : byteLength / (count(shape) / last);
  const axis = isVector ? shape.length - 1 : shape.length - 2;
  const make = ([a = new Uint8Array(), b = a]: readonly Uint8Array[]) => {
    const out = new Uint8Array(a.length + b.length);
    for (let from = 0; from < a.length; from += rowBytes) {
      out.set(a.subarray(from, from + rowBytes), 2 * from);
      out.set(b.subarray(from, from + rowBytes), 2 * from + rowBytes);
    }
    return out;
  };
  return {
    type,
    shape: shape.map((size, i) => (i === axis ? 2 * size : size)),
    file: first.file,
    byteOffset: first.byteOffset,
    byteLength: 2 * byteLength,
    derivation: { parts: [first, second], pieces: byteLength / rowBytes, make },
  };
}

/** Key half (H, C, P) and value half (H, V, C) of an expansion of latents, as the (H (P + V), C) that they were made of. */
export function joinedHalves(name: string, keys: GgufTensor, values: GgufTensor): GgufSource {
  const [nHeads = 0, latent = 0, dKey = 0] = keys.shape;
  const dValue = values.shape[1] ?? 0;
  if (keys.shape.length !== 3 || values.shape.join() !== [nHeads, dValue, latent].join())
    throw wrongShape(name, `keys (H, C, P), values (H, V, C), the keys`, keys.shape);
  const shape = [nHeads * (dKey + dValue), latent];
  return asFloats(name, [keys, values], shape, nHeads, (parts, out, heads) => {
    const [k = new Float32Array(), v = k] = parts;
    for (let head = 0; head < heads; head++) {
      const at = head * (dKey + dValue) * latent;
      for (let c = 0; c < latent; c++)
        for (let p = 0; p < dKey; p++)
          out[at + p * latent + c] = k[(head * latent + c) * dKey + p] as number;
      const size = dValue * latent;
      out.set(v.subarray(head * size, (head + 1) * size), at + dKey * latent);
    }
  });
}

function asFloats(
  name: string,
  parts: readonly GgufTensor[],
  shape: readonly number[],
  pieces: number,
  fill: (parts: readonly Float32Array[], out: Float32Array, pieces: number) => void,
): GgufSource {
  const make = (bytes: readonly Uint8Array[], some: number) => {
    const out = new Float32Array((count(shape) / pieces) * some);
    const read = parts.map(({ type }, i) => floats(name, type, bytes[i] ?? new Uint8Array()));
    fill(read, out, some);
    return new Uint8Array(out.buffer);
  };
  return {
    type: "F32",
    shape,
    file: parts[0]?.file ?? "",
    byteOffset: parts[0]?.byteOffset ?? 0,
    byteLength: 4 * count(shape),
    derivation: { parts, pieces, make },
  };
}

const PLAIN = { F32: "f32", F16: "f16", BF16: "bf16" } as const;

/** The numbers that a tensor's bytes stand for, in float32. */
function floats(name: string, type: GgufType, data: Uint8Array): Float32Array {
  const bytes = isGgufBlockType(type) ? unpackGguf(name, type, data) : { dtype: PLAIN[type], data };
  const out = new Float32Array(weightLength(bytes));
  widen(bytes, out, 0);
  return out;
}

function count(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}

function wrongShape(name: string, expected: string, shape: readonly number[]): WeightsError {
  return new WeightsError(
    "ERR_TENSOR_SHAPE",
    `${name}: expected ${expected}, got shape (${shape.join(", ")}). Convert the model again.`,
  );
}
