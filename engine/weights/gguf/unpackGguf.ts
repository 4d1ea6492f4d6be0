import type { PackedBytes, WeightBytes } from "../../backend/backend.ts";
import { halfToNumber } from "../../backend/widen.ts";
import { WeightsError } from "../../errors.ts";
import { packMxfp4 } from "../packMxfp4.ts";
import { GGUF_TYPES } from "./ggufTypes.ts";

export type GgufBlockType = "Q4_0" | "Q8_0" | "Q4_K" | "Q6_K" | "MXFP4";

/** What a device keeps of each block type; types whose groups are finer than a device's are widened. */
export const UNPACKED_DTYPE = {
  Q4_0: "q4_0",
  Q8_0: "q8_0",
  MXFP4: "mxfp4",
  Q4_K: "f32",
  Q6_K: "f32",
} as const satisfies Record<GgufBlockType, WeightBytes["dtype"]>;

/**
 * Blocks of scale and codes side by side, parted into codes and scales; Q4_K and Q6_K as f32, in which ggml's own
 * dequantised values are exact or rounded once.
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
    case "Q4_K":
      return widened(name, data, GGUF_TYPES.Q4_K.bytes, q4k);
    case "Q6_K":
      return widened(name, data, GGUF_TYPES.Q6_K.bytes, q6k);
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

type Block = (data: Uint8Array, out: Float32Array, at: number) => boolean;

function widened(name: string, data: Uint8Array, blockBytes: number, block: Block): WeightBytes {
  const count = data.length / blockBytes;
  const out = new Float32Array(count * 256);
  for (let i = 0; i < count; i++)
    if (!block(data.subarray(i * blockBytes, (i + 1) * blockBytes), out, i * 256))
      throw notFinite(name, i);
  return { dtype: "f32", data: new Uint8Array(out.buffer) };
}

/** f16 d and dmin, eight 6-bit scales and minima in 12 bytes, 128 bytes of half bytes: d scale q - dmin minimum. */
function q4k(data: Uint8Array, out: Float32Array, at: number): boolean {
  const [d, dmin] = [half(data, 0), half(data, 2)];
  const packed = data.subarray(4, 16);
  for (let sub = 0; sub < 8; sub++) {
    const [scale, minimum] = sixBits(packed, sub);
    const shift = sub % 2 === 0 ? 0 : 4;
    for (let i = 0; i < 32; i++) {
      const q = ((data[16 + 32 * (sub >> 1) + i] as number) >> shift) & 15;
      out[at + 32 * sub + i] = d * scale * q - dmin * minimum;
    }
  }
  return Number.isFinite(d) && Number.isFinite(dmin);
}

function sixBits(packed: Uint8Array, j: number): [scale: number, minimum: number] {
  const s = (i: number) => packed[i] as number;
  if (j < 4) return [s(j) & 63, s(j + 4) & 63];
  return [(s(j + 4) & 15) | ((s(j - 4) >> 6) << 4), (s(j + 4) >> 4) | ((s(j) >> 6) << 4)];
}

/** 128 bytes of low half bytes, 64 of high quarters, 16 signed scales, f16 d: d scale (q - 32). */
function q6k(data: Uint8Array, out: Float32Array, at: number): boolean {
  const d = half(data, 208);
  for (let i = 0; i < 256; i++) {
    const [part, within] = [i >> 7, i & 127];
    const low = ((data[64 * part + (within & 63)] as number) >> (4 * (within >> 6))) & 15;
    const high = ((data[128 + 32 * part + (within & 31)] as number) >> (2 * (within >> 5))) & 3;
    const scale = ((data[192 + (i >> 4)] as number) << 24) >> 24;
    out[at + i] = d * scale * ((low | (high << 4)) - 32);
  }
  return Number.isFinite(d);
}

function half(data: Uint8Array, at: number): number {
  return halfToNumber((data[at] as number) | ((data[at + 1] as number) << 8));
}

function notFinite(name: string, block: number): WeightsError {
  return new WeightsError(
    "ERR_WEIGHTS_NAN",
    `${name}: expected finite scales, got another in block ${block}. The checkpoint is damaged; download it again.`,
  );
}
