import type { Numbers } from "./errors.ts";

/** What a row of logits says beside the reference's. */
export interface LogitShift {
  /** Ids that each holds likeliest; of equal logits the lower one. */
  readonly top: number;
  readonly referenceTop: number;
  /** Sum over the vocabulary of p (log2 p - log2 q), in bits: p the reference's probabilities, q the other's. */
  readonly klBits: number;
}

/** @param x (V) unnormalised log probabilities, as `reference` */
export function logitShift(x: Numbers, reference: Numbers): LogitShift {
  const own = logSum(x);
  const other = logSum(reference);
  let nats = 0;
  for (let i = 0; i < reference.length; i++) {
    const logP = (reference[i] ?? 0) - other.logSum;
    const p = Math.exp(logP);
    if (p > 0) nats += p * (logP - ((x[i] ?? 0) - own.logSum));
  }
  return { top: own.top, referenceTop: other.top, klBits: Math.max(0, nats / Math.LN2) };
}

/** ln sum e^x in float64, and the index of the largest x. */
function logSum(x: Numbers): { readonly logSum: number; readonly top: number } {
  let top = 0;
  for (let i = 1; i < x.length; i++) if ((x[i] ?? 0) > (x[top] ?? 0)) top = i;
  const most = x[top] ?? 0;
  let sum = 0;
  for (const one of x) sum += Math.exp(one - most);
  return { logSum: most + Math.log(sum), top };
}
