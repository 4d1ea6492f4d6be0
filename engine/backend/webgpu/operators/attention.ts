import type { Step } from "../../deviceTensor.ts";
import type { Attention } from "../../operators.ts";
import type { Kernel } from "../kernel.ts";
import { chunksOf, mostChunks, PARTIAL_WORDS } from "./attentionChunks.ts";
import { attentionJoin } from "./attentionJoin.ts";
import { attentionWalk, SHARED_BYTES, TILE } from "./attentionWalk.ts";
import type { CompileTarget } from "./compileTarget.ts";

const WORKGROUP_BYTES = 16384; // what every WebGPU device has

/** Buffers that a shader may bind on every device. */
const MOST_BUFFERS = 8;

/** Tokens of the longest step whose keys are shared out: with more, their own workgroups keep a device busy. */
const SPLIT_TOKENS = 4;

/** What the chunks' parts may take on the device; attention of one shape shares them. */
const PARTS_BYTES = 2 ** 26;

/**
 * Causal flash attention. Keys are taken in chunks of 256, counted from key 0. In a chunk the tiles are walked in order with the
 * online softmax of arXiv:2205.14135; chunks are joined in order by the same rule. Of few tokens, each chunk is walked
 * by a workgroup of its own and another kernel joins them; of many, one workgroup does both. A query's arithmetic depends on its
 * position alone, so neither T nor the neighbours in its workgroup change a bit.
 */
export function compileAttention(op: Attention, on: CompileTarget): readonly Kernel[] {
  const forms = formsOf(op);
  const chunks = mostChunks(op);
  const wordsOfToken = op.nHeads * chunks * (op.dValue + PARTIAL_WORDS);
  const tokens = Math.min(
    SPLIT_TOKENS,
    op.q.shape[0] ?? 0,
    Math.floor(PARTS_BYTES / 4 / wordsOfToken),
  );
  const isSplit = (step: Step) => step.nTokens <= tokens && chunksOf(op, step) > 1;
  const whole = forms.flatMap(({ queries, applies }) =>
    wholeWalks(op, queries, (step, rows) => applies(rows) && !isSplit(step)),
  );
  if (chunks === 1 || tokens === 0) return whole;
  const parts = on.scratch(tokens * wordsOfToken, "parts of attention", "f32");
  const split = forms.map(({ queries, applies }) =>
    attentionWalk(op, queries, parts, (step, rows) => applies(rows) && isSplit(step)),
  );
  return [...whole, ...split, attentionJoin(op, parts, isSplit)];
}

/** Walks over all keys of the step's queries: one, or where it would bind too many buffers one more, of which only the moments are stored. */
function wholeWalks(
  op: Attention,
  queries: number,
  applies: (step: Step, rows: number) => boolean,
): Kernel[] {
  const whole = attentionWalk(op, queries, null, applies);
  if (op.moments === null || whole.bindings.length <= MOST_BUFFERS) return [whole];
  return [
    attentionWalk({ ...op, moments: null }, queries, null, applies),
    attentionWalk(op, queries, "moments", applies),
  ];
}

/** So many queries of one key head share a workgroup. */
interface Form {
  readonly queries: number;
  /** @param rows queries of a key head in the step */
  readonly applies: (rows: number) => boolean;
}

/** Each number of rows has one. Keys that are chosen are those of a token, so that only its heads can share them. */
function formsOf(op: Attention): readonly Form[] {
  const bytesPerQuery = 4 * (op.dKey + 2 * op.dValue + 2 * TILE + 2);
  const room = WORKGROUP_BYTES - SHARED_BYTES;
  const most = [4, 2, 1].find((n) => n * bytesPerQuery <= room) ?? 1;
  if (op.selection) {
    const perKvHead = op.nHeads / op.nKvHeads;
    const ofOneToken = [4, 2, 1].find((n) => n <= most && perKvHead % n === 0) ?? 1;
    return [{ queries: ofOneToken, applies: () => true }];
  }
  if (most === 1) return [{ queries: 1, applies: () => true }];
  return [
    { queries: 1, applies: (rows) => rows === 1 },
    { queries: most, applies: (rows) => rows > 1 },
  ];
}
