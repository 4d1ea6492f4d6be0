import { checkOptions, checkSignals, type OptionNames } from "../base/checkOptions.ts";
import { withHostSignal } from "../base/hostSignal.ts";
import { Ranking } from "../generate/ranking.ts";
import { partsOf, type Run } from "../look/run.ts";
import type { TopTokensRecord } from "../trace/schema.ts";
import { allLogits } from "./allLogits.ts";
import { askedPositions, askedTargets, askedTopK } from "./askedRows.ts";
import { rowStatistics } from "./rowStatistics.ts";

/** Which rows are told, and of which token. */
export interface TopTokensOptions {
  /** Default "all"; a list has positions, negative ones from the end. */
  readonly positions?: "all" | readonly number[];
  /** Likeliest tokens of each row; default 5. */
  readonly topK?: number;
  /** The token whose rank and log probability are told, one for all positions or one for each; default: the one that follows. */
  readonly target?: number | readonly number[];
  readonly signal?: AbortSignal;
}

const TOP_TOKENS_OPTIONS: OptionNames<TopTokensOptions> = {
  positions: true,
  topK: true,
  target: true,
  signal: true,
};

/**
 * What the model expects behind each token: the likeliest tokens with their probabilities, how undecided it is, and the rank of the token
 * that follows. Of a run from a record too, where its rows of logits are there.
 * @throws InputError ERR_OPTION, ERR_SELECTION, ERR_TOKEN_ID; RecordError ERR_NOT_RECORDED; AbortedError ERR_ABORTED; BackendError
 */
export async function topTokens(
  run: Run,
  options: TopTokensOptions = {},
): Promise<TopTokensRecord> {
  checkOptions("topTokens", options, TOP_TOKENS_OPTIONS);
  checkSignals("topTokens", options);
  const { nVocab } = run.model.spec;
  const topK = askedTopK("topTokens", options.topK ?? 5, nVocab);
  const { ids, nTokens } = partsOf(run).state;
  const positions = askedPositions("topTokens", options.positions ?? "all", nTokens);
  const targets = askedTargets("topTokens", options.target, positions, { ids, nVocab });
  const record = {
    label: "recomputed" as const,
    positions: Int32Array.from(positions),
    topK,
    ids: new Int32Array(positions.length * topK).fill(-1),
    probabilities: new Float32Array(positions.length * topK),
    targets,
    ranks: new Int32Array(positions.length),
    logProbs: new Float32Array(positions.length),
    entropyBits: new Float32Array(positions.length),
  };
  const ranking = new Ranking();
  let row = 0;
  for await (const logits of allLogits(run, withHostSignal(options.signal), positions)) {
    const told = rowStatistics(logits, topK, targets[row] as number, ranking);
    record.ids.set(told.ids, row * topK);
    record.probabilities.set(told.probabilities, row * topK);
    record.ranks[row] = told.rank;
    record.logProbs[row] = told.logProb;
    record.entropyBits[row] = told.entropyBits;
    row++;
  }
  return record;
}
