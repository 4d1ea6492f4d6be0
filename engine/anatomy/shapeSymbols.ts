import type { LayerSpec, ModelSpec } from "../model/spec.ts";
import type { AnatomyAxis, AnatomyPart } from "../trace/schema.ts";

export type SymbolSizes = AnatomyPart["symbols"];

type Row = readonly [symbol: string, size: number, means: string];

/**
 * The letters that shapes of a part are written in.
 * @param own the block that it is; null: what stands outside of blocks
 * @param vocabulary whether it reads the embedding table or makes logits
 */
export function symbolSizes(
  spec: ModelSpec,
  own: LayerSpec | null,
  vocabulary: boolean,
): SymbolSizes {
  const { dModel, nVocab, learnedPositions, contextLength, layers } = spec;
  const ofBlock = own === null ? streams(layers.at(-1)) : [...attention(own), ...feedForward(own)];
  const rows: readonly Row[] = [
    ["M", dModel, "model dim"],
    ...(vocabulary ? [["V", nVocab, "vocabulary"] as const] : []),
    ...(own === null && learnedPositions
      ? [["Pos", contextLength, "learned positions"] as const]
      : []),
    ...ofBlock,
    ...(own === null ? [] : streams(own)),
  ];
  return rows.map(([symbol, size, means]) => ({ symbol, size, means }));
}

function attention({ attention: a }: LayerSpec): Row[] {
  if (a.kind === "gqa")
    return [
      ["H", a.nHeads, "query heads"],
      ["K", a.nKvHeads, "key heads"],
      ["D", a.dHead, "head dim"],
    ];
  const { qLoraRank, indexer } = a;
  return [
    ["H", a.nHeads, "heads"],
    ...(qLoraRank === null ? [] : [["Cq", qLoraRank, "latent of queries"] as const]),
    ["C", a.kvLoraRank, "latent of keys and values"],
    ["P", a.dNope, "head dim without position"],
    ["R", a.dRope, "rotary head dim"],
    ["Dv", a.dValue, "head dim of values"],
    ...(indexer === null
      ? []
      : [
          ["N", indexer.nHeads, "heads of the indexer"] as const,
          ["Di", indexer.dHead, "head dim of the indexer"] as const,
          ["L", indexer.topK, "keys that a query sees"] as const,
        ]),
  ];
}

function feedForward({ feedForward: f }: LayerSpec): Row[] {
  if (f.kind === "dense") return [["F", f.dMlp, "hidden dim"]];
  return [
    ["E", f.nExperts, "experts"],
    ["k", f.nExpertsPerToken, "chosen experts"],
    ["F", f.dExpert, "hidden dim of an expert"],
    ...(f.dShared === 0 ? [] : [["Fs", f.dShared, "hidden dim of the shared expert"] as const]),
  ];
}

function streams(own: LayerSpec | undefined): Row[] {
  return own?.residual.kind === "hyperConnections"
    ? [["n", own.residual.nStreams, "residual streams"]]
    : [];
}

/**
 * Axes written in letters as axes with sizes.
 * @param written axes parted by blanks, each a product (·) of letters, numbers and sums, e.g. "T H·(P+R)"
 * @throws Error for a letter that the part has not
 */
export function axesOf(written: string, sizes: SymbolSizes): AnatomyAxis[] {
  return written.split(" ").map((symbol) => ({
    symbol,
    size: symbol === "T" || symbol === "S" ? null : product(symbol, sizes),
  }));
}

function product(symbol: string, sizes: SymbolSizes): number {
  return symbol
    .split("·")
    .map((factor) => factor.replace(/[()]/g, "").split("+"))
    .reduce((all, terms) => all * terms.reduce((sum, term) => sum + sizeOf(term, sizes), 0), 1);
}

function sizeOf(term: string, sizes: SymbolSizes): number {
  if (/^\d+$/.test(term)) return Number(term);
  const found = sizes.find(({ symbol }) => symbol === term);
  if (found === undefined) throw new Error(`no size is known for ${term}`);
  return found.size;
}
