import { InputError } from "../base/errors.ts";
import { SAFETENSORS_DTYPE_BYTES, type SafetensorsDType } from "./safetensors.ts";

export interface TensorLayout {
  readonly name: string;
  readonly dtype: SafetensorsDType;
  readonly shape: readonly number[];
}

/** Bytes a tensor takes in a file. */
export function tensorBytes({ dtype, shape }: TensorLayout): number {
  return shape.reduce((a, b) => a * b, SAFETENSORS_DTYPE_BYTES[dtype]);
}

/**
 * The start of a safetensors file whose data follows in the order given: the length, the JSON, and spaces up to
 * a multiple of 8.
 * @throws InputError ERR_TENSOR_NAME for a name twice, or one the format keeps for itself; ERR_SHAPE for an impossible shape
 */
export function encodeSafetensorsHeader(
  layouts: readonly TensorLayout[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array<ArrayBuffer> {
  const names = new Set<string>();
  const entries: [string, unknown][] = [];
  if (Object.keys(metadata).length > 0) entries.push(["__metadata__", metadata]);
  let begin = 0;
  for (const layout of layouts) {
    const { name, dtype, shape } = layout;
    if (names.has(name) || name === "__metadata__" || name === "__proto__")
      throw new InputError(
        "ERR_TENSOR_NAME",
        `writeSafetensors: expected every tensor name once and none reserved, got ${JSON.stringify(name)}. Rename it.`,
      );
    if (!shape.every((size) => Number.isSafeInteger(size) && size >= 0))
      throw new InputError(
        "ERR_SHAPE",
        `writeSafetensors: expected a shape of whole numbers for ${JSON.stringify(name)}, got [${shape.join(", ")}]. Pass the tensor's own shape.`,
      );
    names.add(name);
    const end = begin + tensorBytes(layout);
    entries.push([name, { dtype, shape, data_offsets: [begin, end] }]);
    begin = end;
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const length = Math.ceil(json.length / 8) * 8;
  const header = new Uint8Array(8 + length).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(length), true);
  header.set(json, 8);
  return header;
}
