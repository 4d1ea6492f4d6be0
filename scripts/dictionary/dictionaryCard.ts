import type { DictionaryMeasures } from "./measureDictionary.ts";

export interface TrainingSummary {
  readonly site: string;
  readonly nFeatures: number;
  readonly k: number;
  readonly nRows: number;
  readonly steps: number;
  readonly batch: number;
  readonly seconds: number;
  readonly command: string;
}

/** The README.md of a trained dictionary. */
export function dictionaryCard(training: TrainingSummary, measures: DictionaryMeasures): string {
  const { site, nFeatures, k, nRows, steps, batch, seconds, command } = training;
  const { loss, splicedLoss, zeroedLoss, explainedVariance, meanActive, dead, nTokens } = measures;
  const recovered = (zeroedLoss - splicedLoss) / (zeroedLoss - loss);
  const figures = [
    ["explained variance", explainedVariance.toFixed(3)],
    ["features of a token", meanActive.toFixed(1)],
    ["features that no token has", `${dead} of ${nFeatures}`],
    ["loss of the next token, nats", loss.toFixed(3)],
    ["the same from the reconstruction", splicedLoss.toFixed(3)],
    ["the same from zeros", zeroedLoss.toFixed(3)],
    ["loss recovered", `${(100 * recovered).toFixed(1)} %`],
  ];
  const widths = [0, 1].map((column) =>
    Math.max(...figures.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(" | ")} |`;
  return `---

license: apache-2.0

---

# A dictionary for tiny

A sparse autoencoder of ${nFeatures} features over \`${site}\` of \`models/tiny\`: each token has the ${k} largest. It is small, so that training takes
minutes, and is for looking at how a dictionary behaves rather than for claims about the model. It lies in the repository, not in the package.

\`\`\`ts
const dictionary = await loadDictionary("models/tiny-dictionary");
const record = await featureActivations(run, dictionary, { topK: 5 });
\`\`\`

## How it was made

\`${command}\`

${nRows.toLocaleString("en")} rows of the site over what the model itself writes at temperature 1 behind eight openings, and over sums with their running
totals; no text of others. Each text's first token is left out. ${steps.toLocaleString("en")} steps of ${batch} rows by Adam, ${Math.round(seconds)} s on the CPU. Rows are scaled to a
mean length of the square root of their width in training; the weights here take rows as the site has them.

## Measured

Over ${nTokens.toLocaleString("en")} tokens of texts with other seeds. _From the reconstruction_: the model computes on with what the dictionary made of the site.

${line(["", ""])}
| ${widths.map((width) => "-".repeat(width)).join(" | ")} |
${figures.map(line).join("\n")}
`;
}
