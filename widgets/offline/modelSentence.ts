/** A model that a file's pictures show. */
export interface SaidModel {
  readonly name: string;
  readonly architecture: string;
  /** sha256 of config.json and the headers and sizes of the weight files. */
  readonly checkpoint: string;
  readonly parameters: number;
  /** Backend and device that its runs were computed on. */
  readonly computedBy: readonly string[];
}

/** A model in a sentence, for whoever has the file alone. */
export function modelSentence(model: SaidModel): string {
  const { name, architecture, parameters, checkpoint, computedBy } = model;
  const by = computedBy.length === 0 ? "" : `, run on ${computedBy.join(" and ")}`;
  return `Model ${name}: ${architecture}, ${parameters.toLocaleString("en")} parameters${by}. Checkpoint (config.json, headers and sizes of the weight files) sha256 ${checkpoint}.`;
}
