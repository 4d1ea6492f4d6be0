import type { Step } from "../../deviceTensor.ts";
import type { Attention } from "../../operators.ts";
import { rowSize } from "../../tensorSize.ts";
import { writes } from "../kernel.ts";
import { NEGATIVE_INFINITY_BITS } from "../wgsl/math.ts";

/** Keys that are summed from scratch; what they give is joined with what the chunks before them gave. */
export const KEYS_OF_CHUNK = 256;

/** Of a chunk's part, beside its sums over the values: the highest score, the mass, and the two sums of the moments. */
export const PARTIAL_WORDS = 4;

/** Chunks that a query may see: of all positions of the cache, or of its own selection. */
export function mostChunks({ k, selection }: Attention): number {
  const positions = k.shape[0] ?? 0;
  return Math.ceil(
    (selection ? Math.min(positions, rowSize(selection)) : positions) / KEYS_OF_CHUNK,
  );
}

/** Chunks from the first that the step's first token sees to the last of its last token. */
export function chunksOf({ window, selection }: Attention, { start, nTokens }: Step): number {
  const end = selection ? Math.min(rowSize(selection), start + nTokens) : start + nTokens;
  const first = selection || window === null ? 0 : Math.max(0, start - window + 1);
  return Math.ceil(end / KEYS_OF_CHUNK) - Math.floor(first / KEYS_OF_CHUNK);
}

/** u32 expressions of a query's chunks, by its position: the first that it sees, and the one behind the last. */
export function chunkRange(op: Attention, position: string) {
  if (op.selection)
    return { first: "0u", end: chunksUpTo(`min(params.nSelected, ${position} + 1u)`) };
  return {
    first: `(${position} - min(${position}, params.window - 1u)) / ${KEYS_OF_CHUNK}u`,
    end: chunksUpTo(`(${position} + 1u)`),
  };
}

function chunksUpTo(keys: string): string {
  return `(${keys} + ${KEYS_OF_CHUNK - 1}u) / ${KEYS_OF_CHUNK}u`;
}

/**
 * Statements that join a chunk's `highest`, `mass` and `ofChunk` to `totalHighest`, `totalMass` and `totalMoments`, and leave `kept` and
 * `added`, with which `joined` joins sums over the values. The first chunk in which something was seen is taken as it is, and one in which nothing
 * was seen is left out: so a query has the same bits whether its neighbours in the workgroup see further chunks or not. Needs EXP and JOINED.
 */
export const JOIN = `    let higher = max(totalHighest, highest);
    let kept = select(expF32(totalHighest - higher), -1.0, totalMass == 0.0);
    let added = select(expF32(highest - higher), -1.0, mass == 0.0);
    totalMoments = vec2(
      joined(moved(totalMoments.x, totalMass, totalHighest, higher), moved(ofChunk.x, mass, highest, higher), kept, added),
      joined(totalMoments.y, ofChunk.y, kept, added));
    totalMass = joined(totalMass, mass, kept, added);
    totalHighest = higher;`;

export const JOINED = `
fn joined(total: f32, sum: f32, kept: f32, added: f32) -> f32 {
  if (kept < 0.0) { return sum; }
  if (added < 0.0) { return total; }
  return fma(sum, added, total * kept);
}
/** The sum of the weights of a mass times their exponents, which count from the highest score: where another one is the highest. */
fn moved(sum: f32, mass: f32, highest: f32, higher: f32) -> f32 {
  return select(sum + mass * (highest - higher), 0.0, mass == 0.0);
}`;

/** Binding of the moments, where they are written. */
export function momentsBinding({ moments, mask }: Attention) {
  return moments ? [writes("moments", moments, mask ? "u32" : "f32")] : [];
}

/** Statements that write a query's moments, from its total over all chunks; without the term of the sink, which is no key. */
export function storeMoments(op: Attention): string {
  if (!op.moments) return "";
  const value = (x: string) =>
    op.mask ? `select(bitcast<u32>(${x}), params.nan, edgesOf(place) >= i32(params.maskRows))` : x;
  const withoutSink = op.sinks
    ? `    let exponent = sinks(place % params.nHeads) - totalHighest - log(totalMass);
    if (exponent > -80.0) { entropy += expF32(exponent) * exponent; }`
    : "";
  return `    var entropy = 0.0;
    var distance = 0.0;
    if (totalMass != 0.0) {
      entropy = log(totalMass) - totalMoments.x / totalMass;
      distance = totalMoments.y / totalMass;
${withoutSink}
    }
    moments[2u * place] = ${value("max(entropy, 0.0)")};
    moments[2u * place + 1u] = ${value("distance")};`;
}

/** What is stored of a query in the end: expressions of its `place`, and of its total over all chunks. */
export function stored({ mask }: Attention, highest: string, mass: string, sum: string) {
  const lse = `${highest} + log(${mass})`;
  const z = `${sum} / ${mass}`;
  if (!mask) return { lse, z };
  const isUnknown = "edgesOf(place) >= i32(params.maskRows)";
  return {
    lse: `select(select(bitcast<u32>(${lse}), ${NEGATIVE_INFINITY_BITS}, ${mass} == 0.0), params.nan, ${isUnknown})`,
    z: `select(select(${z}, 0.0, ${mass} == 0.0), bitcast<f32>(params.nan), ${isUnknown})`,
  };
}
