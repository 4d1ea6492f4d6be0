import { editError } from "./checkEdit.ts";
import type { EditPosition } from "./edit.ts";

/** How long a sequence is, and may become. */
export interface SequenceLength {
  readonly nPrompt: number;
  /** Positions that it may reach. */
  readonly capacity: number;
}

/** Positions [start, end). */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/**
 * The positions that an edit is for.
 * @throws InputError ERR_EDIT where the sequence has none of them, or not all
 */
export function editedPositions(
  what: string,
  position: EditPosition | undefined,
  { nPrompt, capacity }: SequenceLength,
): Span {
  if (position === undefined) return { start: 0, end: capacity };
  if (position === "generated") {
    if (nPrompt < capacity) return { start: nPrompt, end: capacity };
    throw editError(
      what,
      'a generation for position "generated"',
      "a run, which generates nothing",
      "Give positions of the prompt, or use model.generate.",
    );
  }
  const [start, end] =
    typeof position === "number" ? [position < 0 ? nPrompt + position : position, null] : position;
  if (start >= 0 && (end ?? start + 1) <= capacity) return { start, end: end ?? start + 1 };
  throw editError(
    what,
    `positions from ${-nPrompt} to ${capacity - 1}`,
    typeof position === "number" ? String(position) : `[${position.join(", ")})`,
    "Choose positions that the sequence has; a range ends before its second number.",
  );
}
