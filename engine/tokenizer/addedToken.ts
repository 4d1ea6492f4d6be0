/** A token that is looked for in the text itself, before anything else reads it. */
export interface AddedToken {
  readonly id: number;
  readonly content: string;
  /** Counts only where neither neighbour is a character of a word. */
  readonly singleWord: boolean;
  /** Takes the white space before it with it. */
  readonly lstrip: boolean;
  /** Takes the white space behind it with it. */
  readonly rstrip: boolean;
  /** Looked for, in normalized form, in the normalized text; otherwise as it stands, before normalization. */
  readonly normalized: boolean;
  /** Stands for no text: left out on request when decoding. */
  readonly special: boolean;
}
