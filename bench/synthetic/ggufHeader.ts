/** A whole number is a UINT32 unless it says that it is a float; any other number is a FLOAT32. */
export type GgufMetadataValue =
  | number
  | boolean
  | string
  | readonly string[]
  | { readonly float32: number };

export interface GgufTensorPlace {
  readonly name: string;
  /** Row-major. */
  readonly shape: readonly number[];
  /** ggml's number of the type. */
  readonly type: number;
  readonly byteLength: number;
}

/** Every tensor starts at a multiple of this. */
const ALIGNMENT = 32;

export function padded(size: number): number {
  return Math.ceil(size / ALIGNMENT) * ALIGNMENT;
}

/** The start of a GGUF file of version 3 up to its first tensor; the others follow in order, each padded. */
export function ggufHeader(
  metadata: Readonly<Record<string, GgufMetadataValue>>,
  tensors: readonly GgufTensorPlace[],
): Uint8Array {
  const parts: Uint8Array[] = [];
  const put = (size: number, write: (view: DataView) => void) => {
    const view = new DataView(new ArrayBuffer(size));
    write(view);
    parts.push(new Uint8Array(view.buffer));
  };
  const u32 = (value: number) => put(4, (view) => view.setUint32(0, value, true));
  const u64 = (value: number) => put(8, (view) => view.setBigUint64(0, BigInt(value), true));
  const text = (value: string) => {
    const bytes = new TextEncoder().encode(value);
    u64(bytes.length);
    parts.push(bytes);
  };
  parts.push(new TextEncoder().encode("GGUF"));
  u32(3);
  u64(tensors.length);
  u64(Object.keys(metadata).length);
  for (const [key, value] of Object.entries(metadata)) {
    text(key);
    if (typeof value === "string") {
      u32(8);
      text(value);
    } else if (isList(value)) {
      u32(9);
      u32(8);
      u64(value.length);
      for (const item of value) text(item);
    } else if (typeof value === "boolean") {
      u32(7);
      parts.push(Uint8Array.of(Number(value)));
    } else if (typeof value === "number" && Number.isInteger(value)) {
      u32(4);
      u32(value);
    } else {
      const float = typeof value === "number" ? value : value.float32;
      u32(6);
      put(4, (view) => view.setFloat32(0, float, true));
    }
  }
  let offset = 0;
  for (const { name, shape, type, byteLength } of tensors) {
    text(name);
    u32(shape.length);
    for (const size of shape.toReversed()) u64(size);
    u32(type);
    u64(offset);
    offset += padded(byteLength);
  }
  const size = parts.reduce((sum, part) => sum + part.length, 0);
  const header = new Uint8Array(padded(size));
  let at = 0;
  for (const part of parts) {
    header.set(part, at);
    at += part.length;
  }
  return header;
}

function isList(value: GgufMetadataValue): value is readonly string[] {
  return Array.isArray(value);
}
