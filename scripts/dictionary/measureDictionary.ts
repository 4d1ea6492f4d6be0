import {
  type Dictionary,
  featureActivations,
  type Model,
  type Run,
  reconstruct,
  replace,
  zero,
} from "../../engine/index.node.ts";

/** How well a dictionary stands for a site, over texts that it was not trained on. */
export interface DictionaryMeasures {
  readonly nTokens: number;
  /** 1 less the squared errors over the squared distances from the mean, over all texts. */
  readonly explainedVariance: number;
  readonly meanActive: number;
  /** Features that no token has. */
  readonly dead: number;
  /** Mean loss of the next token in nats: as it is, with the reconstruction in place of the site, with zeros. */
  readonly loss: number;
  readonly splicedLoss: number;
  readonly zeroedLoss: number;
}

export async function measureDictionary(
  model: Model,
  dictionary: Dictionary,
  texts: readonly (readonly number[])[],
): Promise<DictionaryMeasures> {
  const site = dictionary.siteOut;
  const seen = new Uint8Array(dictionary.nFeatures);
  const sums = { missed: 0, active: 0, tokens: 0, scored: 0, plain: 0, spliced: 0, zeroed: 0 };
  const rows: Float64Array[] = [];
  for (const ids of texts) {
    const run = await model.run(ids, { capture: site, logits: "all" });
    const positions = ids.map((_, i) => i).slice(1); // the first is like no other
    const made = await reconstruct(run, dictionary, { positions });
    sums.missed += made.meanSquaredError * made.error.data.length;
    sums.active += made.meanActive * positions.length;
    sums.tokens += positions.length;
    rows.push(made.reconstruction.data.map((x, i) => x + (made.error.data[i] as number)));
    for (const id of (await featureActivations(run, dictionary, { positions })).ids) seen[id] = 1;
    const position = [1, ids.length] as const;
    const spliced = await run.again([replace(site, made.reconstruction, { position })], {
      logits: "all",
    });
    const zeroed = await run.again([zero(site, { position })], { logits: "all" });
    sums.plain += lossOf(run, ids);
    sums.spliced += lossOf(spliced, ids);
    sums.zeroed += lossOf(zeroed, ids);
    sums.scored += ids.length - 2;
    for (const each of [run, spliced, zeroed]) each.dispose();
  }
  return {
    nTokens: sums.tokens,
    explainedVariance: 1 - sums.missed / spread(rows, dictionary.dOut),
    meanActive: sums.active / sums.tokens,
    dead: seen.filter((x) => x === 0).length,
    loss: sums.plain / sums.scored,
    splicedLoss: sums.spliced / sums.scored,
    zeroedLoss: sums.zeroed / sums.scored,
  };
}

/** Nats of every token but the first two: rows from the second on are changed. */
function lossOf({ logits }: Run, ids: readonly number[]): number {
  let sum = 0;
  for (let t = 1; t + 1 < ids.length; t++) {
    const row = Float64Array.from(logits.row(t).data);
    const most = Math.max(...row);
    const total = row.reduce((all, x) => all + Math.exp(x - most), 0);
    sum += most + Math.log(total) - (row[ids[t + 1] as number] as number);
  }
  return sum;
}

/** Squared distances of rows from their mean. */
function spread(parts: readonly Float64Array[], width: number): number {
  const count = parts.reduce((n, { length }) => n + length / width, 0);
  const mean = new Float64Array(width);
  for (const part of parts)
    for (const [i, x] of part.entries()) mean[i % width] = (mean[i % width] as number) + x / count;
  return parts.reduce(
    (sum, part) => part.reduce((all, x, i) => all + (x - (mean[i % width] as number)) ** 2, sum),
    0,
  );
}
