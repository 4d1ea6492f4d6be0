/** What was evaluated. */
export interface EvaluationAbout {
  readonly task: string;
  readonly model: string;
  /** Names the checkpoint; see ModelRecord. */
  readonly modelHash: string;
  readonly seed: number;
  readonly epochs: number;
}
