import type { Step } from "../../deviceTensor.ts";
import type { Attention } from "../../operators.ts";
import { rowSize } from "../../tensorSize.ts";
import { NEGATIVE_INFINITY_BITS } from "../wgsl/math.ts";

/** Keys that are summed from scratch; what they give is joined with what the chunks before them gave. */
export const KEYS_OF_CHUNK = 256;

/** Of a chunk's part, beside its sums over the values: the highest score, then the mass. */
export const PARTIAL_WORDS = 2;

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
 * Statements that join a chunk's `highest` and `mass` to `totalHighest` and `totalMass`, and leave `kept` and `added`, with which
 * `joined` joins sums over the values. The first chunk in which something was seen is taken as it is, and one in which nothing
 * was seen is left out: so a query has the same bits whether its neighbours in the workgroup see further chunks or not. Needs EXP and JOINED.
 */
export const JOIN = `    let higher = max(totalHighest, highest);
    let kept = select(expF32(totalHighest - higher), -1.0, totalMass == 0.0);
    let added = select(expF32(highest - higher), -1.0, mass == 0.0);
    totalMass = joined(totalMass, mass, kept, added);
    totalHighest = higher;`;

export const JOINED = `
fn joined(total: f32, sum: f32, kept: f32, added: f32) -> f32 {
  if (kept < 0.0) { return sum; }
  if (added < 0.0) { return total; }
  return fma(sum, added, total * kept);
}`;

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
