/** What becomes of a field of a checkpoint's files; docs/checkpoints.md is made of these. */
export interface Field {
  /** As the file spells it: `rope_theta`, `tokenizer.ggml.pre`; a dot between objects of a JSON file. */
  readonly name: string;
  /**
   * carried out: it changes what is computed, as it does in the reference implementation; in part: the same for some values,
   * the others are refused by name; refused: a value that would change numbers or tokens is refused by name; no effect: it
   * changes neither numbers nor tokens of inference.
   */
  readonly fate: "carried out" | "in part" | "refused" | "no effect";
  /** One sentence: what it does, which values run, or why it has no effect. */
  readonly note: string;
}
