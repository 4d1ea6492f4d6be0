import { modelSentence } from "../../widgets/offline/modelSentence.ts";
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
    ...about.models.map((model) => {
      const hash = weights.get(model.checkpoint);
      const hashed = hash === undefined ? "Weights not hashed." : `Weights sha256 ${hash}.`;
      return `${modelSentence(model)} ${hashed}`;
    }),
  ];
}

function languageOf({ metadata }: ReadNotebook): string {
  const { name, version } = (metadata.language_info ?? {}) as { name?: string; version?: string };
  return [name, version].filter((part) => typeof part === "string").join(" ");
}
