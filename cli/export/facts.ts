import type { About } from "./aboutPictures.ts";
import type { ReadNotebook } from "./readNotebook.ts";

export interface FactsOptions {
  readonly notebook: ReadNotebook;
  readonly about: About;
  /** sha256 of all weights by checkpoint, of the models that were hashed. */
  readonly weights: ReadonlyMap<string, string>;
  readonly exportedBy: string;
  readonly date: Date;
}

/** Where an exported file comes from, in sentences: versions, models, weights. */
export function factsOf({ notebook, about, weights, exportedBy, date }: FactsOptions): string[] {
  const versions = about.versions.join(", ");
  const language = languageOf(notebook);
  return [
    `Exported by Vitrine ${exportedBy} on ${date.toISOString().slice(0, 10)}.${language === "" ? "" : ` Cells are ${language}.`}${versions === "" ? "" : ` Pictures were computed by Vitrine ${versions}.`}`,
    ...about.models.map(({ name, architecture, parameters, checkpoint, computedBy }) => {
      const by = computedBy.length === 0 ? "" : `, run on ${computedBy.join(" and ")}`;
      const hash = weights.get(checkpoint);
      const hashed = hash === undefined ? "Weights not hashed." : `Weights sha256 ${hash}.`;
      return `Model ${name}: ${architecture}, ${parameters.toLocaleString("en")} parameters${by}. Checkpoint (config.json, headers and sizes of the weight files) sha256 ${checkpoint}. ${hashed}`;
    }),
  ];
}

function languageOf({ metadata }: ReadNotebook): string {
  const { name, version } = (metadata.language_info ?? {}) as { name?: string; version?: string };
  return [name, version].filter((part) => typeof part === "string").join(" ");
}
