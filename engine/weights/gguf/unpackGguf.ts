import type { WeightBytes } from "../../backend/backend.ts";
import { PACKED_FORMATS } from "../../backend/packed.ts";
import { ChunkRoom } from "../chunkRoom.ts";
import { packMxfp4 } from "../quantized/packMxfp4.ts";
import { BLOCK_READERS } from "./blocks/blockReaders.ts";
import { decodeBlocks } from "./blocks/decodeBlocks.ts";
import { GGUF_TYPES, type GgufBlockType } from "./ggufTypes.ts";
import { splitMxfp4, splitQ4, splitQ8 } from "./splitBlocks.ts";
import { splitKQuant } from "./splitKQuants.ts";

/** What a device keeps of a block type. */
export function unpackedDtype(type: GgufBlockType): WeightBytes["dtype"] {
  return Object.hasOwn(KEPT, type) ? KEPT[type as keyof typeof KEPT] : "f32";
}

const KEPT = {
  ...({ Q4_0: "q4_0", Q8_0: "q8_0", MXFP4: "mxfp4" } as const),
  ...({ Q4_K: "q4_k", Q5_K: "q5_k", Q6_K: "q6_k" } as const),
};

interface Place {
  /** Holds what is unpacked. */
  readonly room?: ChunkRoom;
  /** Bytes of the tensor before the first block, for messages. */
  readonly before?: number;
}

/**
 * Blocks of scale and codes side by side, parted into codes and scales; of the types that no device keeps, ggml's own
 * dequantised values in f32.
 * @throws WeightsError ERR_WEIGHTS_NAN for a scale that is not finite
 */
export function unpackGguf(
  name: string,
  type: GgufBlockType,
  data: Uint8Array,
  { room = new ChunkRoom(), before = 0 }: Place = {},
): WeightBytes {
  const { block, bytes } = GGUF_TYPES[type];
  const count = Math.floor(data.length / bytes);
  const first = before / bytes;
  switch (type) {
    case "Q8_0":
    case "Q4_0": {
      const codes = room.take("codes", count * (bytes - 2));
      const scales = room.take("scales", count * 2);
      const split = type === "Q8_0" ? splitQ8 : splitQ4;
      split({ name, data: aligned(data), codes, scales, before: first });
      return { dtype: KEPT[type], data: codes, scales, group: 32 };
    }
    case "MXFP4": {
      const codes = room.take("codes", count * (bytes - 1));
      const scales = room.take("scales", count);
      splitMxfp4({ data, codes, scales });
      return packMxfp4(name, codes, scales, first);
    }
    case "Q4_K":
    case "Q5_K":
    case "Q6_K": {
      const dtype = KEPT[type];
      const { codeBits, scaleBytes, group } = PACKED_FORMATS[dtype];
      const codes = room.take("codes", (count * group * codeBits) / 8);
      const scales = room.take("scales", count * scaleBytes);
      splitKQuant(dtype, { name, data: aligned(data), codes, scales, before: first });
      return { dtype, data: codes, scales, group };
    }
    default: {
      const out = room.take("floats", 4 * count * block);
      const floats = new Float32Array(out.buffer, 0, count * block);
      decodeBlocks(name, BLOCK_READERS[type], data, first, floats);
      return { dtype: "f32", data: out };
    }
  }
}

/** The same bytes at a multiple of four. */
function aligned(data: Uint8Array): Uint8Array {
  return data.byteOffset % 4 === 0 ? data : data.slice();
}
