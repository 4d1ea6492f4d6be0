import type { PackedBytes, WeightBytes } from "../../backend/backend.ts";
import { packMxfp4 } from "../quantized/packMxfp4.ts";
import { BLOCK_READERS } from "./blocks/blockReaders.ts";
import { decodeBlocks, notFinite } from "./blocks/decodeBlocks.ts";
import { GGUF_TYPES, type GgufBlockType } from "./ggufTypes.ts";

/** What a device keeps of a block type. */
export function unpackedDtype(type: GgufBlockType): WeightBytes["dtype"] {
  return type === "Q4_0" || type === "Q8_0" || type === "MXFP4" ? KEPT[type] : "f32";
}

const KEPT = { Q4_0: "q4_0", Q8_0: "q8_0", MXFP4: "mxfp4" } as const;

/**
 * Blocks of scale and codes side by side, parted into codes and scales; of the types that no device keeps, ggml's own
 * dequantised values in f32.
 * @throws WeightsError ERR_WEIGHTS_NAN for a scale that is not finite
 */
export function unpackGguf(name: string, type: GgufBlockType, data: Uint8Array): WeightBytes {
  switch (type) {
    case "Q8_0":
      return parted(name, "q8_0", data);
    case "Q4_0":
      return parted(name, "q4_0", data);
    case "MXFP4": {
      const { data: codes, scales } = split(data, GGUF_TYPES.MXFP4.bytes, 1, true);
      return packMxfp4(name, codes, scales);
    }
    default:
      return { dtype: "f32", data: bytesOf(decodeBlocks(name, BLOCK_READERS[type], data)) };
  }
}

function parted(name: string, dtype: "q8_0" | "q4_0", data: Uint8Array): PackedBytes {
  const nibbles = dtype === "q4_0";
  const { bytes } = nibbles ? GGUF_TYPES.Q4_0 : GGUF_TYPES.Q8_0;
  const parts = split(data, bytes, 2, nibbles);
  const view = new DataView(parts.scales.buffer);
  for (let i = 0; i < parts.scales.length; i += 2)
    if ((view.getUint16(i, true) & 0x7c00) === 0x7c00) throw notFinite(name, i / 2);
  return { dtype, ...parts, group: 32 };
}

/** Every block starts with its scale. Half bytes come as element j and j + 16 and leave as neighbours. */
function split(
  data: Uint8Array,
  blockBytes: number,
  scaleBytes: number,
  nibbles: boolean,
): { data: Uint8Array; scales: Uint8Array } {
  const count = data.length / blockBytes;
  const codeBytes = blockBytes - scaleBytes;
  const codes = new Uint8Array(count * codeBytes);
  const scales = new Uint8Array(count * scaleBytes);
  for (let block = 0; block < count; block++) {
    const from = block * blockBytes;
    scales.set(data.subarray(from, from + scaleBytes), block * scaleBytes);
    const source = data.subarray(from + scaleBytes, from + blockBytes);
    const to = block * codeBytes;
    if (!nibbles) codes.set(source, to);
    else
      for (let i = 0; i < 8; i++) {
        const [a, b] = [source[2 * i] as number, source[2 * i + 1] as number];
        codes[to + i] = (a & 15) | ((b & 15) << 4);
        codes[to + 8 + i] = (a >> 4) | (b & 0xf0);
      }
  }
  return { data: codes, scales };
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
