/** Alternatives that are told of a token. */
const N_ALTERNATIVES = 10;

/** What the model held likely at one token's place. */
export interface Distribution {
  readonly entropyBits: number;
  /** Of the token that stands there: 1 is the likeliest; of equals the lower id comes first. */
  readonly rank: number;
  /** Descending; of equals the lower id first. */
  readonly ids: readonly number[];
  /** Natural logs. */
  readonly logprobs: readonly number[];
}

/**
 * @param logits (V) of the position before the token
 * @param id the token that stands there
 * @returns NaN everywhere, and no alternatives, where a logit is NaN
 */
export function distributionOf(
  logits: ArrayLike<number>,
  id: number,
  count: number = N_ALTERNATIVES,
): Distribution {
  let max = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < logits.length; i++) {
    const x = logits[i] as number;
    if (Number.isNaN(x)) return { entropyBits: x, rank: x, ids: [], logprobs: [] };
    if (x > max) max = x;
  }
  const own = logits[id] as number;
  let sum = 0;
  let weighted = 0;
  let rank = 1;
  for (let i = 0; i < logits.length; i++) {
    const x = logits[i] as number;
    if (x > own || (x === own && i < id)) rank += 1;
    const weight = Math.exp(x - max);
    if (weight === 0) continue;
    sum += weight;
    weighted += weight * (x - max);
  }
  const logSum = Math.log(sum);
  const ids = likeliest(logits, count);
  return {
    entropyBits: (logSum - weighted / sum) / Math.LN2,
    rank,
    ids,
    logprobs: ids.map((other) => (logits[other] as number) - max - logSum),
  };
}

function likeliest(logits: ArrayLike<number>, count: number): number[] {
  const ids: number[] = [];
  for (let id = 0; id < logits.length; id++) {
    const x = logits[id] as number;
    if (ids.length === count && x <= (logits[ids[count - 1] as number] as number)) continue;
    let at = ids.length;
    while (at > 0 && x > (logits[ids[at - 1] as number] as number)) at -= 1;
    ids.splice(at, 0, id);
    if (ids.length > count) ids.pop();
  }
  return ids;
}
