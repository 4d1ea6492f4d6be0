/** A file beside a model's weights that tokens or options come from. */
export interface ModelFile {
  readonly name: string;
  readonly sha256: string;
}
