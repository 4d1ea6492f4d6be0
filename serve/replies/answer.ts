import type { Choice, Piece } from "../choice.ts";

/** How an endpoint writes what it answers, in one piece or in chunks. */
export interface Answer {
  /** What a stream begins with for a choice; null: nothing. */
  opening(choice: Choice): object | null;
  /** Notes a piece. @returns the chunk for it; null where nothing is to be said of it */
  take(choice: Choice, piece: Piece): object | null;
  /** The last chunk of a choice. */
  closing(choice: Choice): object;
  /** Chunks behind those of all choices. */
  tail(): Promise<object[]>;
  /** All that was taken, when all choices have ended. */
  whole(): Promise<object>;
}
