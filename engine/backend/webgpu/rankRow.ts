import type { RankedRow } from "../backend.ts";
import { rowSize } from "../checkOperator.ts";
import { type PlacedKernel, reads, writes } from "./kernel.ts";
import type { WebGpuTensor } from "./tensor.ts";
import { entry } from "./wgsl/entry.ts";
import { EXP, LOWEST } from "./wgsl/math.ts";
import { RADIX_SIZE, radixSelect } from "./wgsl/radixSelect.ts";
import { maximum, workgroupTree } from "./wgsl/tree.ts";

const SIZE = RADIX_SIZE;
/** Likeliest tokens that are brought to the host. */
const MOST = 64;
/** Words before the ids: is the row sound, then bits of max and of the three sums. */
const HEAD = 5;

const rankedCount = (nVocab: number): number => Math.min(MOST, nVocab);

/** Words of what `rankRow` writes for rows of `nVocab` logits. */
export const rankedWords = (nVocab: number): number => HEAD + 2 * rankedCount(nVocab);

/**
 * The k largest logits of the step's last row and sums over all of it, by one workgroup. Sums are f32 in an order fixed
 * by V.
 * @param out (rankedWords) i32
 */
export function rankRow(
  logits: WebGpuTensor,
  temperature: number,
  out: WebGpuTensor,
): PlacedKernel {
  const width = rowSize(logits);
  const [bits = 0] = new Uint32Array(Float32Array.of(temperature).buffer);
  const strided = (body: string) =>
    `  for (var i = lid; i < params.width; i += ${SIZE}u) {\n${body}\n  }`;
  return {
    label: `rankRow ${width}`,
    bindings: [reads("logits", logits), writes("out", out, "u32")],
    params: { width, k: rankedCount(width), temperature: bits },
    body: () => `${EXP}
var<workgroup> unsound: atomic<u32>;
var<workgroup> largest: array<f32, ${SIZE}>;
var<workgroup> sums: array<vec3<f32>, ${SIZE}>;
const minusInfinity = 0xff800000u;
fn isFinite(bits: u32) -> bool { return (bits & 0x7f800000u) != 0x7f800000u; }
fn bitsAt(i: u32) -> u32 { return bitcast<u32>(logits(i)); }
${radixSelect("logits")}
${entry(
  SIZE,
  `  if (wg > 0u) { return; }
  let row = (step.nTokens - 1u) * params.width;
  var top = ${LOWEST};
${strided(`    let bits = bitsAt(row + i);
    if (isFinite(bits)) { top = max(top, logits(row + i)); }
    else if (bits != minusInfinity) { atomicStore(&unsound, 1u); }`)}
  largest[lid] = top;
${workgroupTree("largest", SIZE, maximum)}
  let most = largest[0];
  let temperature = bitcast<f32>(params.temperature);
  var sum = vec3<f32>(0.0);
${strided(`    if (!isFinite(bitsAt(row + i))) { continue; }
    let shift = logits(row + i) - most;
    if (shift > -87.0) {
      let weight = expF32(shift);
      sum += vec3<f32>(weight, weight * shift, 0.0);
    }
    if (temperature > 0.0 && shift > -87.0 * temperature) { sum.z += expF32(shift / temperature); }`)}
  sums[lid] = sum;
${workgroupTree("sums", SIZE)}
  if (lid == 0u) {
    out[0] = select(1u, 0u, atomicLoad(&unsound) == 1u || most == ${LOWEST});
    out[1] = bitcast<u32>(most);
    out[2] = bitcast<u32>(sums[0].x);
    out[3] = bitcast<u32>(sums[0].y);
    out[4] = bitcast<u32>(sums[0].z);
  }
  let share = largestOf(row, params.width, params.k, lid);
  var place = ${HEAD}u + share.place;
  var ties = share.ties;
  for (var i = share.first; i < share.end; i++) {
    let key = sortable(row + i);
    if (key < share.threshold || (key == share.threshold && ties == 0u)) { continue; }
    if (key == share.threshold) { ties--; }
    out[place] = i;
    out[place + params.k] = bitsAt(row + i);
    place++;
  }`,
)}`,
    tokenTensors: new Set([logits]),
    workgroups: () => 1,
  };
}

/** Reads what `rankRow` wrote. @returns null where a logit was NaN or infinite, or none was finite */
export function readRanked(words: Int32Array, nVocab: number): RankedRow | null {
  if (words[0] !== 1) return null;
  const floats = new Float32Array(words.buffer, words.byteOffset, words.length);
  const k = rankedCount(nVocab);
  const order = Array.from({ length: k }, (_, i) => HEAD + i).sort((a, b) => {
    const difference = (floats[b + k] as number) - (floats[a + k] as number);
    return difference || a - b; // equal logits, or both -Infinity: as they stand in the row
  });
  return {
    ids: Int32Array.from(order, (at) => words[at] as number),
    logits: Float32Array.from(order, (at) => floats[at + k] as number),
    nVocab,
    total: floats[2] as number,
    weightedShift: floats[3] as number,
    totalAtTemperature: floats[4] as number,
  };
}
