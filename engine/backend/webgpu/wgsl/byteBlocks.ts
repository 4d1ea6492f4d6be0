import { K_QUANTS, type KQuantDType } from "../../kQuants.ts";
import type { Reader } from "./reader.ts";

/** Columns that are multiplied in whole numbers and added up exactly. */
export const BLOCK = 32;

/** Kinds of weights whose codes are whole numbers of 8 bits or less. */
type ByteDType = "q8_0" | "q4_0" | KQuantDType;

const BYTE_DTYPES: ReadonlySet<string> = new Set(["q8_0", "q4_0", "q4_k", "q5_k", "q6_k"]);

export function hasByteCodes(dtype: string): dtype is ByteDType {
  return BYTE_DTYPES.has(dtype);
}

/** How many columns of a weight have one scale: all of a block, or 16. */
export type BlockScales = "one" | "two";

export function blockScales(dtype: ByteDType): BlockScales {
  return dtype === "q6_k" ? "two" : "one";
}

/**
 * 32 columns of a weight and of x as signed bytes, four in a word. Those of a weight are worth `scale` each, one for the first 16 and
 * one for the others, less `minimum`; those of x are worth `scale`, and `sum` is that of its codes. `addBlock` adds the products of two
 * blocks: sums of codes are exact, and one chain of fma scales them. Where both scales are one, so is the sum: a compiler may take a
 * factor out of two products, and would do so in some shaders alone.
 */
export const byteBlocks = (scales: BlockScales): string => `
struct WeightBlock { first: vec4<u32>, second: vec4<u32>, scale: vec2<f32>, minimum: f32 }
struct ColumnBlock { first: vec4<u32>, second: vec4<u32>, scale: f32, sum: f32 }
fn dotCodes(a: vec4<u32>, b: vec4<u32>) -> f32 {
  return f32(dot4I8Packed(a.x, b.x) + dot4I8Packed(a.y, b.y) + dot4I8Packed(a.z, b.z) + dot4I8Packed(a.w, b.w));
}
fn addBlock(sum: f32, w: WeightBlock, x: ColumnBlock) -> f32 {
${
  scales === "one"
    ? "  let both = w.scale.x * (dotCodes(w.first, x.first) + dotCodes(w.second, x.second));"
    : "  let both = fma(w.scale.y, dotCodes(w.second, x.second), w.scale.x * dotCodes(w.first, x.first));"
}
  return fma(fma(-w.minimum, x.sum, both), x.scale, sum);
}`;

/** The columns of x: `blocks` reads four words, three times for a block, as `byteColumns` writes them. */
export const COLUMN_READER = `
fn x(i: u32) -> ColumnBlock {
  let last = blocks(3u * i + 2u);
  return ColumnBlock(bitcast<vec4<u32>>(blocks(3u * i)), bitcast<vec4<u32>>(blocks(3u * i + 1u)), bitcast<f32>(last.x), f32(last.y));
}`;

/** The accessor `name(i)` of the weights 32 i to 32 i + 31. It needs the parameter `{name}Scales`, the first word of the scales. */
export function byteBlockReader(name: string, data: string, dtype: ByteDType): Reader {
  const { codes, scales, functions = "" } = READERS[dtype](name, data);
  const word = (j: number) => `${name}Codes(i, ${j}u)`;
  const four = (j: number) => `vec4<u32>(${[0, 1, 2, 3].map((d) => word(j + d)).join(", ")})`;
  return {
    storage: "u32",
    source: `${functions}
fn ${name}Codes(i: u32, j: u32) -> u32 {
${codes}
}
fn ${name}(i: u32) -> WeightBlock {
${scales}
  return WeightBlock(${four(0)}, ${four(4)}, scale, minimum);
}`,
  };
}

interface BlockParts {
  /** Statements that return word `j` of block `i`: four signed bytes. */
  readonly codes: string;
  /** Statements that leave `scale`, a vec2<f32>, and `minimum` of block `i`. */
  readonly scales: string;
  readonly functions?: string;
}

/** f16 number `g` of the scales. */
const half = (name: string, data: string) => `
  let scale = vec2<f32>(unpack2x16float(${data}[params.${name}Scales + (i >> 1u)])[i & 1u]);
  let minimum = 0.0;`;

/** Statements that leave `c`: the four nibbles of the low half of `n`, one in a byte. */
const SPREAD = `  let pairs = (n | (n << 8u)) & 0x00ff00ffu;
  let c = (pairs | (pairs << 4u)) & 0x0f0f0f0fu;`;

const READERS: Readonly<Record<ByteDType, (name: string, data: string) => BlockParts>> = {
  q8_0: (name, data) => ({
    codes: `  return ${data}[i * 8u + j];`,
    scales: half(name, data),
  }),
  // c - 8 is the code with bit 3 turned, as a signed number of four bits
  q4_0: (name, data) => ({
    codes: `  let n = (${data}[i * 4u + (j >> 1u)] >> ((j & 1u) * 16u)) & 0xffffu;
${SPREAD}
  let t = c ^ 0x08080808u;
  return t | ((t & 0x08080808u) * 30u);`,
    scales: half(name, data),
  }),
  q4_k: (name, data) => kQuantParts(name, data, "q4_k"),
  q5_k: (name, data) => kQuantParts(name, data, "q5_k"),
  q6_k: (name, data) => kQuantParts(name, data, "q6_k"),
};

function kQuantParts(name: string, data: string, dtype: KQuantDType): BlockParts {
  const { highBits, run, hasMinima } = K_QUANTS[dtype];
  const words = 32 + 8 * highBits;
  const first = hasMinima ? 4 : 2;
  const runs = 256 / run;
  const scaleBytes = first + (hasMinima ? 2 : 1) * runs;
  const byte = (at: string) => `${name}Byte(base + ${at})`;
  return {
    functions: `
fn ${name}Byte(at: u32) -> u32 {
  return (${data}[params.${name}Scales + (at >> 2u)] >> ((at & 3u) * 8u)) & 255u;
}
fn ${name}Half(at: u32) -> f32 {
  return unpack2x16float(${data}[params.${name}Scales + (at >> 2u)] >> ((at & 2u) * 8u)).x;
}`,
    codes: `  let at = (i >> 3u) * ${words}u;
  let e = (i & 7u) * 32u + 4u * j;
  let n = (${data}[at + (e >> 3u)] >> ((e & 4u) * 4u)) & 0xffffu;
${SPREAD}
${highCodes(highBits, data)}`,
    scales: hasMinima
      ? `  let base = (i >> 3u) * ${scaleBytes}u;
  let scale = vec2<f32>(${name}Half(base) * f32(${byte(`${first}u + (i & 7u)`)}));
  let minimum = ${name}Half(base + 2u) * f32(${byte(`${first + runs}u + (i & 7u)`)});`
      : `  let base = (i >> 3u) * ${scaleBytes}u;
  let codes = vec2<u32>(${byte(`${first}u + 2u * (i & 7u)`)}, ${byte(`${first + 1}u + 2u * (i & 7u)`)});
  let scale = ${name}Half(base) * vec2<f32>(bitcast<vec2<i32>>(codes << vec2<u32>(24u)) >> vec2<u32>(24u));
  let minimum = 0.0;`,
  };
}

/** Statements that return `c` with the bits above its nibbles; of q6_k less 32, which is bit 5 turned, as a signed number of six bits. */
function highCodes(highBits: 0 | 1 | 2, data: string): string {
  if (highBits === 0) return "  return c;";
  const high = `  let h = ${data}[at + 32u + (e >> ${highBits === 1 ? 5 : 4}u)] >> ((e & ${highBits === 1 ? 31 : 15}u) * ${highBits}u);`;
  if (highBits === 1)
    return `${high}
  return c | ((h & 1u) << 4u) | ((h & 2u) << 11u) | ((h & 4u) << 18u) | ((h & 8u) << 25u);`;
  return `${high}
  let t = (c | ((h & 3u) << 4u) | ((h & 12u) << 10u) | ((h & 48u) << 16u) | ((h & 192u) << 22u)) ^ 0x20202020u;
  return t | ((t & 0x20202020u) * 6u);`;
}
