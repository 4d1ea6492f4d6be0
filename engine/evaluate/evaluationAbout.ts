/** What was evaluated. */
export interface EvaluationAbout {
  readonly task: string;
  readonly model: string;
  /** Names the checkpoint; see ModelRecord. Null of a model behind a server. */
  readonly modelHash: string | null;
  /** sha256 of config.json and all bytes of the weights, see hashModel; null where they were not read, as without a folder and of a server. */
  readonly weights: string | null;
  readonly backend: string;
  /** How activations were multiplied by packed weights; see BackendRecord. */
  readonly arithmetic: string;
  readonly seed: number;
  readonly epochs: number;
}
