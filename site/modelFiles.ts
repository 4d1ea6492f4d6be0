/** What a site's folder of a model says of itself: `manifest.json` there. */
export interface ModelManifest {
  readonly name: string;
  /** As `Checkpoint.hash` says. */
  readonly hash: string;
  /** Bytes of each file, so that a download can say how far it is, and a torn one is seen. */
  readonly files: Readonly<Record<ModelFile, number>>;
}

/** The files of a model that a page fetches. */
export const MODEL_FILES = [
  "config.json",
  "generation_config.json",
  "tokenizer.json",
  "tokenizer_config.json",
  "model.safetensors",
] as const;

/** One of them. */
export type ModelFile = (typeof MODEL_FILES)[number];

/** A model's files as a page has fetched them. */
export interface FetchedModel {
  /** Address of the folder. */
  readonly location: string;
  readonly manifest: ModelManifest;
  readonly files: Readonly<Record<ModelFile, Uint8Array<ArrayBuffer>>>;
}

/** The file that says which others there are. */
export const MANIFEST = "manifest.json";
