import type { PackedBytes } from "../../../engine/backend/backend.ts";
import { PACKED_FORMATS, type PackedDType, packedLayout } from "../../../engine/backend/packed.ts";
import { projectHeads } from "./attentionCases.ts";
import { embed, matmul } from "./denseCases.ts";
import { expertsDown, expertsUp } from "./expertCases.ts";
import { mlaExpand, mlaValue } from "./mlaCases.ts";
import { type OperatorCase, weight } from "./operatorCase.ts";
import { Seeded } from "./seeded.ts";

const DTYPES: readonly PackedDType[] = ["f8e4m3", "mxfp4", "q8_0", "q4_0"];
const K_DTYPES: readonly PackedDType[] = ["q4_k", "q5_k", "q6_k"];

/** The case with the named weights packed: every code but NaN, signs, subnormals and zeros among them. */
function packed(operatorCase: OperatorCase, fields: string[], dtype: PackedDType): OperatorCase {
  const random = new Seeded(operatorCase.name.length + dtype.length);
  const weights = fields.map((name) => {
    const { shape } = operatorCase.fields[name]!;
    return [name, weight(shape, packedBytes(random, shape, dtype))] as const;
  });
  return {
    ...operatorCase,
    name: operatorCase.name.replace(/ (f32|bf16|f16)\b/, ` ${dtype}`),
    fields: { ...operatorCase.fields, ...Object.fromEntries(weights) },
  };
}

/** Any codes and scales of that format. */
export function packedBytes(
  random: Seeded,
  shape: readonly number[],
  dtype: PackedDType,
): PackedBytes {
  const { group, codeBytes, scaleStart, sizeBytes } = packedLayout(dtype, shape);
  const codes = Uint8Array.from(random.ints(codeBytes, 256));
  if (dtype === "f8e4m3")
    for (const [i, code] of codes.entries()) if ((code & 127) === 127) codes[i] = 0;
  const { scaleBytes } = PACKED_FORMATS[dtype];
  const scales = new Uint8Array(sizeBytes - scaleStart);
  const view = new DataView(scales.buffer);
  for (let i = 0; i < scales.length; i += scaleBytes) {
    if (scaleBytes > 4) {
      scales.set(random.ints(scaleBytes, 256), i);
      view.setUint16(i, random.ints(1, 0x1400)[0]!, true);
      if (scaleBytes === 20) view.setUint16(i + 2, random.ints(1, 0x1400)[0]! | 0x8000, true);
    } else if (scaleBytes === 4) view.setFloat32(i, random.floats(1, 0.01)[0]!, true);
    else if (scaleBytes === 2)
      view.setUint16(i, random.ints(1, 0x2c00)[0]!, true); // subnormal halves too
    else view.setUint8(i, 118 + random.ints(1, 10)[0]!);
  }
  return { dtype, data: codes, scales, group };
}

function casesOf(dtype: PackedDType): OperatorCase[] {
  const up = (T: number, E: number, k: number, M: number, I: number) =>
    packed(expertsUp({ T, E, k, M, I, dtype: "f32" }), ["gate", "up"], dtype);
  const down = (T: number, E: number, k: number, M: number, I: number) =>
    packed(expertsDown({ T, E, k, M, I, dtype: "f32" }), ["down"], dtype);
  return [
    { ...packed(embed(17, 50, 96, "f32"), ["table"], dtype), tolerance: 2 ** -24 }, // one rounding to f32
    packed(matmul(1, 32, 5, "f32", false, false), ["weight"], dtype),
    packed(matmul(1, 640, 131, "f32", true, true), ["weight"], dtype),
    packed(matmul(2, 192, 70, "f32", false, true), ["weight"], dtype),
    packed(matmul(17, 256, 9, "f32", true, false), ["weight"], dtype),
    packed(matmul(70, 160, 33, "f32", false, false), ["weight"], dtype),
    packed(mlaExpand(17, 3, { H: 4, C: 64, P: 8, R: 6, V: 9 }, "f32"), ["valueWeight"], dtype),
    packed(mlaValue(17, { H: 4, C: 96, P: 8, R: 6, V: 9 }, "f32"), ["valueWeight"], dtype),
    packed(projectHeads(17, 4, 32, 50, "f32"), ["outputWeight"], dtype),
    packed(projectHeads(2, 8, 20, 33, "f32"), ["outputWeight"], dtype),
    packed(projectHeads(2, 32, 3, 7, "f32"), ["outputWeight"], dtype),
    up(1, 16, 2, 192, 96),
    up(17, 5, 3, 32, 7),
    down(17, 3, 2, 33, 160),
    down(1, 16, 4, 5, 96),
  ];
}

/** Rows of whole groups of 256. */
function kCasesOf(dtype: PackedDType): OperatorCase[] {
  const up = expertsUp({ T: 17, E: 5, k: 3, M: 256, I: 7, dtype: "f32" });
  const down = expertsDown({ T: 2, E: 3, k: 2, M: 33, I: 512, dtype: "f32" });
  return [
    { ...packed(embed(17, 50, 768, "f32"), ["table"], dtype), tolerance: 0 }, // f32 on every backend
    packed(matmul(1, 256, 5, "f32", false, false), ["weight"], dtype),
    packed(matmul(1, 1280, 131, "f32", true, true), ["weight"], dtype),
    packed(matmul(2, 512, 70, "f32", false, true), ["weight"], dtype),
    packed(matmul(17, 256, 9, "f32", true, false), ["weight"], dtype),
    packed(matmul(70, 512, 33, "f32", false, false), ["weight"], dtype),
    packed(mlaExpand(17, 3, { H: 4, C: 256, P: 8, R: 6, V: 9 }, "f32"), ["valueWeight"], dtype),
    packed(mlaValue(17, { H: 4, C: 256, P: 8, R: 6, V: 9 }, "f32"), ["valueWeight"], dtype),
    packed(projectHeads(17, 4, 64, 50, "f32"), ["outputWeight"], dtype),
    packed(projectHeads(2, 8, 96, 33, "f32"), ["outputWeight"], dtype),
    packed(up, ["gate", "up"], dtype),
    packed(down, ["down"], dtype),
  ];
}

export const packedCases: readonly OperatorCase[] = [
  ...DTYPES.flatMap(casesOf),
  ...K_DTYPES.flatMap(kCasesOf),
];
