import { AbortedError, InputError } from "../base/errors.ts";
import { writeOutput } from "../base/writeOutput.node.ts";
import {
  encodeSafetensorsHeader,
  type TensorLayout,
  tensorBytes,
} from "./encodeSafetensorsHeader.ts";
import { SAFETENSORS_DTYPE_BYTES } from "./safetensors.ts";

/** A tensor to write; `data` gives its little-endian bytes when its turn comes, so that not all need be in memory. */
export interface TensorSource extends TensorLayout {
  readonly data: () => ArrayBufferView | Promise<ArrayBufferView>;
}

export interface WriteOptions {
  readonly metadata?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/**
 * Writes tensors and string metadata into a safetensors file. The file appears whole or not at all: it is written beside its
 * place under another name and then renamed. A link is followed, and only a file is ever replaced. Tensors with wider elements come first, so that each starts aligned.
 * @throws InputError ERR_OUTPUT (the folder is missing or cannot be written), ERR_TENSOR_NAME, ERR_SHAPE
 * @throws AbortedError ERR_ABORTED
 */
export async function writeSafetensors(
  path: string,
  tensors: readonly TensorSource[],
  { metadata = {}, signal }: WriteOptions = {},
): Promise<void> {
  const ordered = tensors.toSorted(
    (a, b) => SAFETENSORS_DTYPE_BYTES[b.dtype] - SAFETENSORS_DTYPE_BYTES[a.dtype],
  );
  const header = encodeSafetensorsHeader(ordered, metadata);
  const pieces = piecesOf(header, ordered, signal);
  await writeOutput("writeSafetensors", path, pieces, "choose another path");
}

/** The header, then each tensor's bytes when its turn comes. */
async function* piecesOf(
  header: Uint8Array,
  tensors: readonly TensorSource[],
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  yield header;
  for (const tensor of tensors) {
    throwIfAborted(signal);
    yield await bytesOf(tensor);
  }
  throwIfAborted(signal);
}

async function bytesOf(tensor: TensorSource): Promise<Uint8Array> {
  const view = await tensor.data();
  const expected = tensorBytes(tensor);
  if (view.byteLength !== expected)
    throw new InputError(
      "ERR_SHAPE",
      `writeSafetensors: expected ${expected} bytes for ${JSON.stringify(tensor.name)} (${tensor.dtype}, [${tensor.shape.join(", ")}]), got ${view.byteLength}. Pass data of that shape and dtype.`,
    );
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new AbortedError(undefined, { cause: signal.reason });
}
