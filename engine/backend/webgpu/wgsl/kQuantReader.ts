import { K_QUANTS, type KQuantDType } from "../../kQuants.ts";
import type { Reader } from "./reader.ts";

/**
 * The accessor `name(i)` over codes of 4 to 6 bits in groups of 256 whose scales are whole numbers times an f16, as
 * kQuants.ts lays them out. It needs the parameter `{name}Scales`, the first word of the scales.
 */
export function kQuantReader(name: string, data: string, dtype: KQuantDType, unit: 1 | 4): Reader {
  const { highBits, offset, run, hasMinima } = K_QUANTS[dtype];
  const words = 32 + 8 * highBits;
  const runs = 256 / run;
  const first = hasMinima ? 4 : 2;
  const scaleBytes = first + (hasMinima ? 2 : 1) * runs;
  const vector = "vec4<u32>";
  // e: the first element of four neighbours in its group; q: its place among the eight of a word
  const high =
    highBits === 0
      ? ""
      : `
  let h = ${data}[at + 32u + (e >> ${highBits === 1 ? 5 : 4}u)] >> ((e & ${highBits === 1 ? 31 : 15}u) * ${highBits}u);
  let c = low | (((${vector}(h) >> ${vector}(0u, ${highBits}u, ${2 * highBits}u, ${3 * highBits}u)) & ${vector}(${2 ** highBits - 1}u)) << ${vector}(4u));`;
  const codes = highBits === 0 ? "low" : "c";
  const value =
    offset === 0 ? `vec4<f32>(${codes})` : `(vec4<f32>(${codes}) - vec4<f32>(${offset}.0))`;
  const signed = hasMinima ? "f32(s)" : "f32(bitcast<i32>(s << 24u) >> 24u)";
  const minimum = hasMinima
    ? `${name}Half(base + 2u) * f32(${name}Byte(base + ${first + runs}u + e / ${run}u))`
    : "0.0";
  return {
    storage: "u32",
    source: `fn ${name}Byte(at: u32) -> u32 {
  return (${data}[params.${name}Scales + (at >> 2u)] >> ((at & 3u) * 8u)) & 255u;
}
fn ${name}Half(at: u32) -> f32 {
  return unpack2x16float(${data}[params.${name}Scales + (at >> 2u)] >> ((at & 2u) * 8u)).x;
}
/** Of the run that four elements stand in, and what is taken off each. */
fn ${name}Scale(i: u32) -> vec2<f32> {
  let block = i >> 6u;
  let e = (i & 63u) * 4u;
  let base = block * ${scaleBytes}u;
  let s = ${name}Byte(base + ${first}u + e / ${run}u);
  return vec2<f32>(${name}Half(base) * ${signed}, ${minimum});
}
fn ${name}Scaled(i: u32, scale: vec2<f32>) -> vec4<f32> {
  let block = i >> 6u;
  let e = (i & 63u) * 4u;
  let at = block * ${words}u;
  let w = ${data}[at + (e >> 3u)] >> ((e & 4u) * 4u);
  let low = (${vector}(w) >> ${vector}(0u, 4u, 8u, 12u)) & ${vector}(15u);${high}
  return ${value} * scale.x${hasMinima ? " - scale.y" : ""};
}
fn ${name}Four(i: u32) -> vec4<f32> { return ${name}Scaled(i, ${name}Scale(i)); }
${unit === 4 ? `fn ${name}(i: u32) -> vec4<f32> { return ${name}Four(i); }` : `fn ${name}(i: u32) -> f32 { return ${name}Four(i >> 2u)[i & 3u]; }`}`,
  };
}
