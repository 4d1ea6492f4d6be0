import type { Provenance, RunRecord } from "../../engine/trace/schema.ts";
import { MAX_LOGIT_BYTES, refusedLogits } from "./data.ts";
import { type Distribution, distributionOf } from "./distribution.ts";

/** Rows of logits, one after another. */
interface LogitRows {
  readonly data: Float32Array | Float64Array | Int32Array;
}

/** What is needed of a Run; the engine's is one. */
export interface LogitRun {
  readonly record: RunRecord;
  /** (R, V) */
  readonly logits: LogitRows;
  /** (R) their positions. */
  readonly logitRows: readonly number[];
  get(site: "hook_logits"): Promise<LogitRows>;
}

/** What was read of a run's logits: of each token, null where they are not known. */
export interface Distributions {
  readonly tokens: readonly (Distribution | null)[];
  readonly provenance: Provenance;
}

/** The distributions of a run's tokens, from the rows it kept, or from all of them, computed again; read once. */
export function logitSource(run: LogitRun): {
  /** Why there are none, of any token; null: there are some. */
  readonly refusal: string | null;
  /** Why there are none of the tokens whose rows were not kept; null: of every token. */
  readonly refusalOfOthers: string | null;
  read(): Promise<Distributions>;
} {
  const { record, logits, logitRows } = run;
  const nTokens = record.tokens.length;
  const nVocab = record.model.nVocab;
  const idAfter = (position: number): number => record.tokens[position + 1]?.id ?? -1;
  const nKept = logitRows.filter((position) => position < nTokens - 1).length;
  const isAllKept = nKept >= nTokens - 1;
  const isSmall = 4 * nTokens * nVocab <= MAX_LOGIT_BYTES;
  let found: Promise<Distributions> | null = null;

  async function compute(): Promise<Distributions> {
    const isReplayed = !isAllKept && isSmall;
    const data = isReplayed ? (await run.get("hook_logits")).data : logits.data;
    const rows = isReplayed ? Array.from({ length: nTokens }, (_, t) => t) : logitRows;
    const tokens: (Distribution | null)[] = Array.from({ length: nTokens }, () => null);
    rows.forEach((position, i) => {
      if (position >= nTokens - 1) return;
      const row = data.subarray(i * nVocab, (i + 1) * nVocab);
      tokens[position + 1] = distributionOf(row, idAfter(position));
    });
    return { tokens, provenance: isReplayed ? "recomputed" : "measured" };
  }

  return {
    refusal: refusedLogits(record, nKept, true),
    refusalOfOthers: refusedLogits(record, nKept, false),
    read: () => {
      found ??= compute().catch((reason: unknown) => {
        found = null;
        throw reason;
      });
      return found;
    },
  };
}
