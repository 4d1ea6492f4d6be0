import type { Ref } from "../../plan/plan.ts";
import { dot } from "../../tensor/dot.ts";
import { addScaled } from "../linear.ts";
import { at, type Floats, type VjpContext } from "../vjp.ts";

/** What attention and its maps have in common. */
interface Scoring {
  readonly scale: number;
  readonly window: number | null;
  readonly nHeads: number;
  readonly nKvHeads: number;
  readonly dKey: number;
  readonly q: Ref;
  readonly k: Ref;
  readonly selection: Ref | null;
  readonly temperatures: Ref | null;
  readonly mask: Ref | null;
}

/** The scores of one query of one head. */
export interface QueryScores {
  readonly t: number;
  readonly head: number;
  /** Positions that the query sees, ascending. */
  readonly keys: readonly number[];
  /** Of those. */
  readonly scores: Float64Array;
  /** Adds the gradient of the scores to those of the query and of the keys. */
  addScoreGradient(ofScores: Float64Array): void;
}

/** Calls back for every query of every head, with scores in float64. The keys that sparse attention chose are held fixed. */
export function forEachQuery(
  op: Scoring,
  context: VjpContext,
  work: (query: QueryScores) => void,
): void {
  const { nHeads, nKvHeads, dKey, scale } = op;
  const [q, k] = [context.floats(op.q), context.floats(op.k)];
  const [ofQ, ofK] = [context.into(op.q), context.into(op.k)];
  const temperatures = op.temperatures && context.floats(op.temperatures);
  const isHidden = hiddenEdges(op, context);
  for (let t = 0; t < context.nTokens; t++) {
    const visible = visibleKeys(op, context, t);
    for (let head = 0; head < nHeads; head++) {
      const keys = isHidden === null ? visible : visible.filter((key) => !isHidden(t, head, key));
      const factor = scale / (temperatures ? at(temperatures, head) : 1);
      const query = (t * nHeads + head) * dKey;
      const keyAt = (key: number) => (key * nKvHeads + kvHead(op, head)) * dKey;
      const scores = Float64Array.from(keys, (key) => factor * dot(q, query, k, keyAt(key), dKey));
      const addScoreGradient = (ofScores: Float64Array) =>
        keys.forEach((key, i) => {
          const g = factor * at(ofScores, i);
          if (g === 0) return;
          if (ofQ !== null) addScaled(g, k, keyAt(key), dKey, ofQ, query);
          if (ofK !== null) addScaled(g, q, query, dKey, ofK, keyAt(key));
        });
      work({ t, head, keys, scores, addScoreGradient });
    }
  }
}

/** The key head that a query head reads. */
export function kvHead(
  { nHeads, nKvHeads }: Pick<Scoring, "nHeads" | "nKvHeads">,
  head: number,
): number {
  return Math.floor(head / (nHeads / nKvHeads));
}

/** The softmax of some scores and of a sink, which has no place in it. */
export function softmaxOf(scores: Float64Array, sink: number | null): Float64Array {
  let most = sink ?? Number.NEGATIVE_INFINITY;
  for (const score of scores) most = Math.max(most, score);
  if (most === Number.NEGATIVE_INFINITY) return new Float64Array(scores.length);
  const shares = scores.map((score) => Math.exp(score - most));
  let sum = sink === null ? 0 : Math.exp(sink - most);
  for (const share of shares) sum += share;
  return shares.map((share) => share / sum);
}

/** The gradient of the scores from that of their softmax: p (g - sum of p g). */
export function softmaxGradient(pattern: Float64Array, ofPattern: Float64Array): Float64Array {
  const mean = dot(pattern, 0, ofPattern, 0, pattern.length);
  return pattern.map((p, i) => p * (at(ofPattern, i) - mean));
}

export async function sinksOf(
  op: { readonly sinks: Ref | null },
  context: VjpContext,
): Promise<Floats | null> {
  return op.sinks && (await context.weights.read(op.sinks));
}

function visibleKeys({ window, selection }: Scoring, context: VjpContext, t: number): number[] {
  if (selection !== null) {
    const [width = 0] = context.rowShape(selection);
    const chosen = context.ints(selection).subarray(t * width, (t + 1) * width);
    return [...chosen].filter((key) => key >= 0);
  }
  const position = context.start + t;
  const first = window === null ? 0 : Math.max(0, position - window + 1);
  return Array.from({ length: position + 1 - first }, (_, i) => first + i);
}

/** What edits hide; see PositionMask. */
function hiddenEdges({ mask, nHeads }: Scoring, context: VjpContext) {
  if (mask === null) return null;
  const { words, bits, rows } = context.mask(mask);
  return (t: number, head: number, key: number): boolean => {
    const [row, word] = [at(rows.data, t * nHeads + head), Math.floor(key / 32)];
    if (row < 0 || word >= words) return false;
    return ((at(bits, row * words + word) >> (key % 32)) & 1) === 1;
  };
}
