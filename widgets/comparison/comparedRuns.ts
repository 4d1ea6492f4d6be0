import type { RunSource } from "../render/runSource.ts";
import { alignTokens } from "../routing/alignTokens.ts";
import { type AlignedColumn, alignedColumns } from "../routing/comparedRoutes.ts";
import { type MeasuredRun, type MeasureSource, measureSource } from "../tokens/measureSource.ts";
import type { PairInfo } from "./data.ts";
import type { Pair } from "./pairs.ts";

/** What is needed of a Run; the engine's is one. */
export interface ComparedRun extends RunSource, Pick<MeasuredRun, "logits" | "logitRows" | "get"> {
  readonly model: { tokenText(id: number): string };
}

/** Two runs, the tokens of their texts laid beside each other. */
export interface ComparedRuns {
  readonly a: ComparedRun;
  readonly b: ComparedRun;
  readonly measures: { readonly a: MeasureSource; readonly b: MeasureSource };
  readonly columns: readonly AlignedColumn[];
}

/** Numbers of two runs that are read when somebody asks for them. */
export interface PairSource {
  readonly info: PairInfo;
  read(): Promise<Pair>;
}

/** What can be compared, and what cannot, with the reason. */
export interface Compared {
  readonly pairs: readonly PairSource[];
  readonly missing: readonly string[];
}

export function comparedRuns(a: ComparedRun, b: ComparedRun): ComparedRuns {
  const [own, other] = tokenKeys(a, b);
  return {
    ...{ a, b },
    measures: { a: measureSource(a), b: measureSource(b) },
    columns: alignedColumns(alignTokens(own, other), other.length),
  };
}

/** Numbers that tokens of both texts have in common: ids of one vocabulary, else a number for each token's text. */
function tokenKeys(a: ComparedRun, b: ComparedRun): readonly [number[], number[]] {
  const [own, other] = [a.record.tokens, b.record.tokens];
  if (haveOneVocabulary(a, b)) return [own.map(({ id }) => id), other.map(({ id }) => id)];
  const known = new Map<string, number>();
  const keyOf = ({ text }: { readonly text: string }): number => {
    const key = known.get(text) ?? known.size;
    known.set(text, key);
    return key;
  };
  return [own.map(keyOf), other.map(keyOf)];
}

/** As many ids, and none in both texts that stands for another text: many models have 32,000 ids, and not the same ones. */
function haveOneVocabulary({ record: a }: ComparedRun, { record: b }: ComparedRun): boolean {
  const known = new Map(a.tokens.map(({ id, text }) => [id, text]));
  const isOfBoth = b.tokens.every(({ id, text }) => (known.get(id) ?? text) === text);
  return a.model.nVocab === b.model.nVocab && isOfBoth;
}

/** (R, T) of one run as (R, columns); NaN where it lacks the token. */
export function alignedTo(
  columns: readonly AlignedColumn[],
  which: "own" | "other",
  values: ArrayLike<number>,
  nTokens: number,
): Float64Array {
  const nRows = nTokens === 0 ? 0 : values.length / nTokens;
  const aligned = new Float64Array(nRows * columns.length).fill(Number.NaN);
  columns.forEach((column, c) => {
    const token = column[which];
    if (token < 0) return;
    for (let row = 0; row < nRows; row++)
      aligned[row * columns.length + c] = values[row * nTokens + token] as number;
  });
  return aligned;
}
