import type { Derived } from "../offline/answerAlone.ts";
import type { KernelReply, Question } from "../offline/packed.ts";

/** Exact weights of a part of one head's map. */
interface ExactPart extends Question {
  readonly layer: number;
  readonly head: number;
  readonly queryStart: number;
  readonly queryCount: number;
  readonly keyStart: number;
  readonly keyCount: number;
}

/**
 * Where no kernel is: exact weights of a row, a column or another part of a head's map, put together of the exact parts that were kept
 * of it. Weights on the future are 0. Null for a mean, a sample or blocks of tokens, and where a part is missing.
 */
export function deriveWeights(question: Question, kept: readonly Question[]): Derived | null {
  if (!isExactPart(question)) return null;
  const from = kept
    .filter(isExactPart)
    .filter(
      (part) =>
        part.layer === question.layer &&
        part.head === question.head &&
        overlap(part.queryStart, part.queryCount, question.queryStart, question.queryCount) &&
        overlap(part.keyStart, part.keyCount, question.keyStart, question.keyCount),
    );
  const ones = from.map((part) => new Float32Array(part.queryCount * part.keyCount).fill(1));
  const isThere = together(question, from, ones);
  return isThere.every((there, i) => there === 1 || isFuture(question, i))
    ? { from, make: (replies) => answerOf(question, from, replies) }
    : null;
}

function isExactPart(question: Question): question is ExactPart {
  const { kind, over, pool, queryStep = 1 } = question;
  return kind === "tile" && over === "head" && pool === 1 && queryStep === 1;
}

const overlap = (start: number, count: number, other: number, otherCount: number): boolean =>
  start < other + otherCount && other < start + count;

const isFuture = ({ queryStart, keyStart, keyCount }: ExactPart, i: number): boolean =>
  keyStart + (i % keyCount) > queryStart + Math.floor(i / keyCount);

function answerOf(
  question: ExactPart,
  from: readonly ExactPart[],
  replies: readonly KernelReply[],
): KernelReply {
  const parts = replies.map(({ buffers }) => new Float32Array(buffers[0] ?? new ArrayBuffer(0)));
  const weights = together(question, from, parts);
  return { content: {}, buffers: [weights.buffer as ArrayBuffer] };
}

/** (queries, keys) of the question: what its parts say of each cell, 0 where none does. */
function together(
  asked: ExactPart,
  from: readonly ExactPart[],
  parts: readonly Float32Array[],
): Float32Array {
  const cells = new Float32Array(asked.queryCount * asked.keyCount);
  from.forEach((part, p) => {
    const lastQuery = Math.min(
      part.queryStart + part.queryCount,
      asked.queryStart + asked.queryCount,
    );
    const firstKey = Math.max(part.keyStart, asked.keyStart);
    const lastKey = Math.min(part.keyStart + part.keyCount, asked.keyStart + asked.keyCount);
    for (let query = Math.max(part.queryStart, asked.queryStart); query < lastQuery; query++) {
      const row = (query - part.queryStart) * part.keyCount - part.keyStart;
      const weights = parts[p]?.subarray(row + firstKey, row + lastKey) ?? [];
      cells.set(weights, (query - asked.queryStart) * asked.keyCount + firstKey - asked.keyStart);
    }
  });
  return cells;
}
