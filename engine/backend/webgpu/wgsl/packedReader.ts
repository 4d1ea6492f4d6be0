import { isKQuant, K_QUANTS, type KQuantDType } from "../../kQuants.ts";
import { isPacked, type PackedDType } from "../../packed.ts";
import { kQuantReader } from "./kQuantReader.ts";
import type { Reader } from "./reader.ts";

/** Has each run of 32 elements of a packed tensor one scale? Then a reader in units of 4 has `nameScale` and `nameScaled` too. */
export function hasScaleOf32(dtype: string): boolean {
  return isPacked(dtype) && (!isKQuant(dtype) || K_QUANTS[dtype].run === 32);
}

/**
 * The accessor `name(i)` over a packed tensor: codes and scales are words of one buffer, decoded in registers. It needs
 * the parameter `{name}Scales`, the first word of the scales. Code times scale is rounded once to f32.
 */
export function packedReader(
  name: string,
  variable: string,
  dtype: PackedDType,
  groupShift: number,
  unit: 1 | 4,
): Reader {
  if (isKQuant(dtype)) return kQuantReader(name, variable, dtype, unit);
  const { codes, value, scale } = DECODERS[dtype];
  const word = `${variable}[params.${name}Scales + `;
  const scaleOf = (group: string) => `${scale(word, group)}`;
  const source =
    unit === 4
      ? `fn ${name}Scale(i: u32) -> f32 {
  let g = i >> ${groupShift - 2}u;
  return ${scaleOf("g")};
}
fn ${name}Scaled(i: u32, scale: f32) -> vec4<f32> {
  ${codes.four(variable)}
  return ${value} * scale;
}
fn ${name}(i: u32) -> vec4<f32> { return ${name}Scaled(i, ${name}Scale(i)); }`
      : `fn ${name}(i: u32) -> f32 {
  ${codes.one(variable)}
  let g = i >> ${groupShift}u;
  return (${value} * ${scaleOf("g")}).x;
}`;
  return { storage: "u32", source };
}

/** Statements that leave `c`, a vec4<u32> of codes; the code of a single element stands in x. */
interface Codes {
  readonly four: (data: string) => string;
  readonly one: (data: string) => string;
}

const BYTES: Codes = {
  four: (data) =>
    `let w = ${data}[i]; let c = vec4<u32>(w, w >> 8u, w >> 16u, w >> 24u) & vec4<u32>(255u);`,
  one: (data) => `let c = vec4<u32>((${data}[i >> 2u] >> ((i & 3u) * 8u)) & 255u);`,
};

const NIBBLES: Codes = {
  four: (data) =>
    `let w = ${data}[i >> 1u] >> ((i & 1u) * 16u); let c = vec4<u32>(w, w >> 4u, w >> 8u, w >> 12u) & vec4<u32>(15u);`,
  one: (data) => `let c = vec4<u32>((${data}[i >> 3u] >> ((i & 7u) * 4u)) & 15u);`,
};

interface Decoder {
  readonly codes: Codes;
  /** vec4<f32> expression of the codes `c`, at scale 1. */
  readonly value: string;
  /** f32 expression of a group's scale; `word` is open for an index after the first word of the scales. */
  readonly scale: (word: string, group: string) => string;
}

const half = (word: string, g: string): string =>
  `unpack2x16float(${word}(${g} >> 1u)])[${g} & 1u]`;

/** A float of `bits` magnitude bits under a sign: normal ones by their exponent, subnormal ones by `least` each. */
function smallFloat(
  magnitude: string,
  shift: number,
  bias: string,
  normal: string,
  least: string,
  sign: string,
) {
  return `bitcast<vec4<f32>>(bitcast<vec4<u32>>(select(bitcast<vec4<f32>>(((c & vec4<u32>(${magnitude})) << vec4<u32>(${shift}u)) + vec4<u32>(${bias})), vec4<f32>(c & vec4<u32>(${magnitude})) * ${least}, (c & vec4<u32>(${magnitude})) < vec4<u32>(${normal}))) | ${sign})`;
}

const DECODERS: Readonly<Record<Exclude<PackedDType, KQuantDType>, Decoder>> = {
  // 120 << 23: from a bias of 7 to one of 127; a subnormal step is 2^-9
  f8e4m3: {
    codes: BYTES,
    value: smallFloat(
      "127u",
      20,
      "0x3c000000u",
      "8u",
      "0.001953125",
      "((c & vec4<u32>(128u)) << vec4<u32>(24u))",
    ),
    scale: (word, g) => `bitcast<f32>(${word}${g}])`,
  },
  // 126 << 23: from a bias of 1 to one of 127; a subnormal step is 1/2
  mxfp4: {
    codes: NIBBLES,
    value: smallFloat(
      "7u",
      22,
      "0x3f000000u",
      "2u",
      "0.5",
      "((c & vec4<u32>(8u)) << vec4<u32>(28u))",
    ),
    scale: (word, g) =>
      `bitcast<f32>(((${word}(${g} >> 2u)] >> ((${g} & 3u) * 8u)) & 255u) << 23u)`,
  },
  q8_0: {
    codes: BYTES,
    value: "vec4<f32>(bitcast<vec4<i32>>(c << vec4<u32>(24u)) >> vec4<u32>(24u))",
    scale: half,
  },
  q4_0: { codes: NIBBLES, value: "(vec4<f32>(c) - vec4<f32>(8.0))", scale: half },
};
