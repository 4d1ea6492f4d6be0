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
  /** What the result calls it; a function is given the model's texts of tokens. Default: the function's name. */
  readonly label?: string | ((tokenText: (id: number) => string) => string);
  /** (V) its derivative with respect to each logit of the row, for `model.backward`. */
  readonly gradient?: (row: HostArray) => ArrayLike<number> | Promise<ArrayLike<number>>;
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
  const label: MetricLabel = (text) => `logit difference ${text(a)} - ${text(b)}`;
  return metric("logitDifference", label, where, {
    of: (row) => logitAt(row, a) - logitAt(row, b),
    gradient: (row) => sparse(row, [a, 1], [b, -1]),
  });
}

/** The logit of a token: what the model's unnormalised log probability of it is. @throws InputError ERR_OPTION, ERR_TOKEN_ID */
export function logit(id: number, where: MetricWhere = {}): SweepMetric {
  return metric("logit", (text) => `logit of ${text(id)}`, where, {
    of: (row) => logitAt(row, id),
    gradient: (row) => sparse(row, [id, 1]),
  });
}

/** The natural log of the probability of a token. @throws InputError ERR_OPTION, ERR_TOKEN_ID */
export function logProb(id: number, where: MetricWhere = {}): SweepMetric {
  return metric("logProb", (text) => `log probability of ${text(id)}`, where, {
    of: (row) => logitAt(row, id) - logSumExp(row),
    gradient(row) {
      const sum = logSumExp(row);
      return Float64Array.from(row, (x, i) => (i === id ? 1 : 0) - Math.exp(x - sum));
    },
  });
}

/**
 * How far the distribution is from that of another run at the same position: the sum of p (log p - log q) in nats, p being
 * the other run's.
 * @throws InputError ERR_OPTION
 */
export function klDivergence(other: LogitsReader, where: MetricWhere = {}): SweepMetric {
  const token = where.position ?? -1;
  let read: Promise<Tensor> | null = null;
  const others = async (): Promise<HostArray> => {
    read ??= other.get("hook_logits", { token });
    return (await read).data;
  };
  return metric("klDivergence", () => "KL divergence", where, {
    async of(row) {
      const data = await others();
      const [ofOther, ofRow] = [logSumExp(data), logSumExp(row)];
      let sum = 0;
      data.forEach((x, i) => {
        const p = Math.exp(x - ofOther);
        if (p > 0) sum += p * (x - ofOther - ((row[i] as number) - ofRow));
      });
      return sum;
    },
    async gradient(row) {
      const data = await others();
      const [ofOther, ofRow] = [logSumExp(data), logSumExp(row)];
      return Float64Array.from(
        row,
        (x, i) => Math.exp(x - ofRow) - Math.exp((data[i] as number) - ofOther),
      );
    },
  });
}

/** @param text of a token, in quotes: two digits and what is between them are easily taken for a number */
type MetricLabel = (text: (id: number) => string) => string;

interface MetricParts {
  readonly of: (row: HostArray) => number | Promise<number>;
  readonly gradient: NonNullable<SweepMetric["gradient"]>;
}

function metric(
  what: string,
  label: MetricLabel,
  where: MetricWhere,
  { of, gradient }: MetricParts,
): SweepMetric {
  checkOptions(what, where, WHERE);
  const { position = -1 } = where;
  const quoted = (tokenText: (id: number) => string) =>
    label((id) => JSON.stringify(tokenText(id)));
  return Object.assign((row: HostArray) => of(row), { position, label: quoted, gradient });
}

/** As long as the row, with these added up and zeros elsewhere. */
function sparse(
  row: HostArray,
  ...entries: readonly (readonly [id: number, x: number])[]
): Float64Array {
  const out = new Float64Array(row.length);
  for (const [id, x] of entries) out[id] = (out[id] as number) + x;
  return out;
}

function logitAt(row: HostArray, id: number): number {
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
