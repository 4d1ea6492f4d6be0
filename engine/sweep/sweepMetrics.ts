import { checkOptions } from "../base/checkOptions.ts";
import { InputError } from "../base/errors.ts";
import type { HostArray, Tensor } from "../tensor/tensor.ts";

/**
 * What a sweep measures: a number made of one row of logits, (V), natural-log scale. Any function is one; it is given the last
 * token's row unless it says another position.
 */
export interface SweepMetric {
  (row: HostArray): number | Promise<number>;
  /** Whose row is given: a position, negative from the end. Default -1. */
  readonly position?: number;
  /** What the result calls it. Default: the function's name. */
  readonly label?: string;
}

/** Where a metric measures. */
export interface MetricWhere {
  /** A position, negative from the end of the prompt; its row scores the token after it. Default -1. */
  readonly position?: number;
}

/** A run whose logits are compared with: what `model.run` gives. */
export interface LogitsReader {
  get(site: string, selection: { readonly token: number }): Promise<Tensor>;
}

const WHERE = { position: true } as const;

/**
 * How much the model prefers one token to another: logit a - logit b, which is the difference of their log probabilities.
 * @see arXiv:2211.00593 section 3, the metric of path patching on indirect object identification
 * @throws InputError ERR_OPTION, ERR_TOKEN_ID
 */
export function logitDifference(a: number, b: number, where: MetricWhere = {}): SweepMetric {
  const label = `logit difference ${a} - ${b}`;
  return metric("logitDifference", label, where, (row) => logit(row, a) - logit(row, b));
}

/** The natural log of the probability of a token. @throws InputError ERR_OPTION, ERR_TOKEN_ID */
export function logProb(id: number, where: MetricWhere = {}): SweepMetric {
  const label = `log probability of ${id}`;
  return metric("logProb", label, where, (row) => logit(row, id) - logSumExp(row));
}

/**
 * How far the distribution is from that of another run at the same position: the sum of p (log p - log q) in nats, p being
 * the other run's.
 * @throws InputError ERR_OPTION
 */
export function klDivergence(other: LogitsReader, where: MetricWhere = {}): SweepMetric {
  const token = where.position ?? -1;
  let read: Promise<Tensor> | null = null;
  return metric("klDivergence", "KL divergence", where, async (row) => {
    read ??= other.get("hook_logits", { token });
    const { data } = await read;
    const [ofOther, ofRow] = [logSumExp(data), logSumExp(row)];
    let sum = 0;
    data.forEach((x, i) => {
      const p = Math.exp(x - ofOther);
      if (p > 0) sum += p * (x - ofOther - ((row[i] as number) - ofRow));
    });
    return sum;
  });
}

function metric(
  what: string,
  label: string,
  where: MetricWhere,
  of: (row: HostArray) => number | Promise<number>,
): SweepMetric {
  checkOptions(what, where, WHERE);
  const { position = -1 } = where;
  return Object.assign((row: HostArray) => of(row), { position, label });
}

function logit(row: HostArray, id: number): number {
  const value = row[id];
  if (value !== undefined) return value;
  throw new InputError(
    "ERR_TOKEN_ID",
    `sweep metric: expected token ids from 0 to ${row.length - 1}, got ${id}. Look ids up with model.tokenizer.tokenId.`,
  );
}

function logSumExp(row: HostArray): number {
  let most = Number.NEGATIVE_INFINITY;
  for (const x of row) most = Math.max(most, x);
  let sum = 0;
  for (const x of row) sum += Math.exp(x - most);
  return most + Math.log(sum);
}
