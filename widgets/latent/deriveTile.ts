import type { Derived } from "../offline/answerAlone.ts";
import type { KernelReply, Question } from "../offline/packed.ts";
import { cellsOf, poolMatrix, type TileWindow } from "./data.ts";

type TileQuestion = Question &
  TileWindow & { readonly layer: number; readonly part: string; readonly head: number };

/**
 * Where no kernel is: a window of a matrix, cut out of the whole matrix that was kept. From one that was kept with every number it is
 * exact; from a pooled one it is coarser, and the reply says how coarse. A single row is read out with every digit: never from a
 * pooled one.
 */
export function deriveTile(question: Question, kept: readonly Question[]): Derived | null {
  if (question.kind !== "tile") return null;
  const asked = question as TileQuestion;
  const from = (kept as readonly TileQuestion[]).find(
    ({ kind, layer, part, head, rowStart, columnStart }) =>
      kind === "tile" &&
      layer === asked.layer &&
      part === asked.part &&
      head === asked.head &&
      rowStart === 0 &&
      columnStart === 0,
  );
  if (from === undefined) return null;
  const isExact = from.rowPool === 1 && from.columnPool === 1;
  if (isExact) return { from: [from], make: ([reply]) => cut(reply, from, asked) };
  const isReadOut = asked.rowCount === 1;
  return isReadOut ? null : { from: [from], make: ([reply]) => coarsened(reply, from, asked) };
}

const numbersOf = (reply: KernelReply | undefined): Float32Array =>
  new Float32Array(reply?.buffers[0] ?? new ArrayBuffer(0));

function cut(reply: KernelReply | undefined, from: TileWindow, asked: TileQuestion): KernelReply {
  const kind = asked.poolKind === "mean" ? "mean" : "farthest";
  const cells = poolMatrix(numbersOf(reply), from.columnCount, asked, kind);
  return { content: reply?.content ?? {}, buffers: [cells.buffer as ArrayBuffer] };
}

/** Each cell has the number of the kept block that its first number lies in. */
function coarsened(
  reply: KernelReply | undefined,
  from: TileWindow,
  asked: TileWindow,
): KernelReply {
  const kept = numbersOf(reply);
  const { rows, columns } = cellsOf(asked);
  const wide = cellsOf(from).columns;
  const cells = Float32Array.from({ length: rows * columns }, (_, i) => {
    const row = asked.rowStart + Math.floor(i / columns) * asked.rowPool;
    const column = asked.columnStart + (i % columns) * asked.columnPool;
    const at = Math.floor(row / from.rowPool) * wide + Math.floor(column / from.columnPool);
    return kept[at] ?? Number.NaN;
  });
  const coarser = { rowPool: from.rowPool, columnPool: from.columnPool };
  return { content: { ...reply?.content, coarser }, buffers: [cells.buffer as ArrayBuffer] };
}
