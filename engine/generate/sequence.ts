import type { BatchedExecution } from "../execute/batchedExecution.ts";
import type { Execution } from "../execute/execution.ts";
import type { LogitRows } from "../execute/logitRows.ts";
import type { DraftRecord } from "../trace/schema.ts";
import type { LikelyToken } from "./likeliest.ts";
import type { ThoughtToken } from "./thinking/thinkingState.ts";

/** A sequence while it grows: the model may have processed fewer tokens than there are, or drafts beyond them. */
export interface Sequence {
  readonly execution: Execution | BatchedExecution;
  readonly ids: number[];
  /** Rows that the run keeps. */
  readonly logits: LogitRows;
  /** Of rows that are still on their way from the device into `logits`. */
  readonly coming: Promise<void>[];
}

/** A token that follows, before its text is known. */
export interface ChosenToken extends ThoughtToken {
  /** Natural log of the token's probability under the raw logits. */
  readonly logprob: number;
  readonly draft: DraftRecord;
  /** The likeliest at its place, where they are wanted. */
  readonly likeliest?: readonly LikelyToken[];
}

/** One of the ways in which tokens follow. */
export interface Decoding {
  /**
   * Brings the model up to date with the sequence and chooses the tokens that follow, at least one and at most `room`.
   * The caller appends those it wants.
   * @throws AbortedError ERR_ABORTED before a step if the signal fired
   */
  next(room: number): Promise<ChosenToken[]>;
  dispose(): void;
}

/** Nothing was drafted for this place. */
export const UNDRAFTED: DraftRecord = {
  ...{ verdict: "plain", position: 0 },
  ...{ draftId: null, draftProbability: null, modelProbability: null },
};
