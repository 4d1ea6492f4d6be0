import { LEFT_MASK } from "./control.ts";

/** When a job is worth more than one thread, and how finely it is cut. */
export interface SplitRule {
  /** A job that takes less is done by one thread; nanoseconds. */
  readonly leastNs: number;
  /** What a chunk takes at least; nanoseconds. */
  readonly chunkNs: number;
  /** Chunks for each thread, so that one that is late leaves its part to others. */
  readonly chunksPerThread: number;
  /** Is sharing given up for a while where it does not pay? See payoff.ts. */
  readonly rests: boolean;
}

/** A fork and join costs 1 us while workers spin, and up to 30 us where they sleep. */
export const SPLIT_RULE: SplitRule = {
  leastNs: 40_000,
  chunkNs: 20_000,
  chunksPerThread: 4,
  rests: true,
};

/** Into how many chunks a job of `parts` parts is cut; 1 for none. */
export function chunksOf(rule: SplitRule, threads: number, parts: number, ns: number): number {
  if (threads === 1 || ns < rule.leastNs) return 1;
  const worth = rule.chunkNs > 0 ? Math.floor(ns / rule.chunkNs) : parts;
  return Math.min(parts, Math.max(1, worth), threads * rule.chunksPerThread, LEFT_MASK);
}
