import { checkOptions, checkSignals, type OptionNames } from "../base/checkOptions.ts";
import { InputError } from "../base/errors.ts";
import { withHostSignal } from "../base/hostSignal.ts";
import type { Run } from "../look/run.ts";
import { softmaxSums } from "../tensor/softmaxSums.ts";
import type { ChangedRoute, CompareRecord, RoutingRecord } from "../trace/schema.ts";
import { allLogits } from "./allLogits.ts";
import { firstParting } from "./firstParting.ts";
import { firstOfLargest } from "./rowStatistics.ts";

/** How two runs are compared. */
export interface CompareRunsOptions {
  /** The largest difference of two numbers that does not part the runs; default 0: any other number does. 0 and -0 are one, and NaN is like NaN. */
  readonly tolerance?: number;
  readonly signal?: AbortSignal;
}

const COMPARE_OPTIONS: OptionNames<CompareRunsOptions> = { tolerance: true, signal: true };

/**
 * How two runs of as many tokens differ: their next tokens at every position, the first site where they part, and the experts that one
 * chose and the other did not. Runs may have other edits, prompts, backends or models of one vocabulary.
 * @throws InputError ERR_OPTION; ERR_SELECTION for runs of other lengths or vocabularies; AbortedError ERR_ABORTED; BackendError
 */
export async function compare(
  a: Run,
  b: Run,
  options: CompareRunsOptions = {},
): Promise<CompareRecord> {
  checkOptions("compare", options, COMPARE_OPTIONS);
  checkSignals("compare", options);
  const { tolerance = 0 } = options;
  if (!(tolerance >= 0 && tolerance < Number.POSITIVE_INFINITY))
    throw new InputError(
      "ERR_OPTION",
      `compare tolerance: expected a finite number of at least 0, got ${tolerance}. Correct the option.`,
    );
  checkComparable(a, b);
  const signal = withHostSignal(options.signal);
  const nTokens = a.tokens.length;
  const record = {
    label: "recomputed" as const,
    kl: new Float64Array(nTokens),
    targets: Int32Array.from(a.tokens, (_, t) => a.tokens[t + 1]?.id ?? -1),
    logitDifference: new Float64Array(nTokens),
    topA: new Int32Array(nTokens),
    topB: new Int32Array(nTokens),
  };
  const ofB = allLogits(b, signal);
  try {
    let t = 0;
    for await (const rowA of allLogits(a, signal)) {
      const { value: rowB } = await ofB.next();
      if (rowB === undefined) throw new Error(`the second run has no row ${t}`);
      record.topA[t] = firstOfLargest(rowA);
      record.topB[t] = firstOfLargest(rowB);
      record.kl[t] = divergence(rowA, rowB);
      const target = record.targets[t] as number;
      const token = target < 0 ? (record.topA[t] as number) : target;
      record.logitDifference[t] = differenceOf(rowB[token] as number, rowA[token] as number);
      t++;
    }
  } finally {
    await ofB.return(undefined); // it waits behind its last row, with its frame on the device
  }
  return {
    ...record,
    parting: await firstParting(a, b, tolerance, signal),
    changedRoutes: changedRoutes(await a.routing(), await b.routing()),
  };
}

/** @throws InputError ERR_SELECTION */
function checkComparable(a: Run, b: Run): void {
  const [ofA, ofB] = [a, b].map((run) => [run.tokens.length, run.model.spec.nVocab] as const);
  if (ofA?.join() === ofB?.join()) return;
  throw new InputError(
    "ERR_SELECTION",
    `compare: expected two runs of as many tokens and one vocabulary, got ${ofA?.[0]} tokens of ${ofA?.[1]} and ${ofB?.[0]} of ${ofB?.[1]}. Run prompts of one length.`,
  );
}

/** Equal numbers differ by 0, infinite ones too. */
function differenceOf(x: number, y: number): number {
  return x === y ? 0 : x - y;
}

/** The sum of p (log p - log q) in nats, p being the softmax of `a` and q that of `b`. */
function divergence(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const [logA, logB] = [logTotal(a), logTotal(b)];
  let sum = 0;
  for (let i = 0; i < a.length; i++) {
    const logP = (a[i] as number) - logA;
    const p = Math.exp(logP);
    if (p > 0) sum += p * (logP - ((b[i] as number) - logB));
  }
  return Math.max(0, sum);
}

function logTotal(row: ArrayLike<number>): number {
  const best = firstOfLargest(row);
  return (row[best] as number) + Math.log(softmaxSums(row, best).total);
}

/** Null where the runs' models have other experts. */
function changedRoutes(a: RoutingRecord, b: RoutingRecord): ChangedRoute[] | null {
  if (a.layers.join() !== b.layers.join() || a.nExperts !== b.nExperts) return null;
  const chosen = (
    { indices, nTokens, nExpertsPerToken: k }: RoutingRecord,
    row: number,
    t: number,
  ) =>
    [...indices.subarray((row * nTokens + t) * k, (row * nTokens + t + 1) * k)].filter(
      (expert) => expert >= 0,
    );
  const changed: ChangedRoute[] = [];
  a.layers.forEach((layer, row) => {
    for (let position = 0; position < a.nTokens; position++) {
      const [was, is] = [chosen(a, row, position), chosen(b, row, position)];
      const left = was.filter((expert) => !is.includes(expert));
      const joined = is.filter((expert) => !was.includes(expert));
      if (left.length + joined.length > 0) changed.push({ layer, position, left, joined });
    }
  });
  return changed;
}
