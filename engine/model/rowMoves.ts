import type { WeightBytes } from "../backend/backend.ts";
import { isPackedBytes } from "../backend/widen.ts";
import type { ChunkRoom } from "../weights/chunkRoom.ts";
import type { TensorView, WeightFill } from "./weightNames.ts";

/** Are the weight's rows whole rows of the tensor, in any order? */
export function movesRows(
  tensorShape: readonly number[],
  view: TensorView | null,
  weightShape: readonly number[],
): boolean {
  if (view === null) return true;
  const row = tensorShape.at(-1) ?? 1;
  return (
    view.strides.at(-1) === 1 &&
    weightShape.at(-1) === row &&
    [view.offset, ...view.strides.slice(0, -1)].every((stride) => stride % row === 0)
  );
}

/** Where a tensor's rows go in a weight whose rows they are. */
export class RowMoves {
  /** Rows that have to be moved at once. */
  readonly together = 1;
  readonly #rowLength: number;
  /** First element of the weight that row 0 goes to, where rows keep their order. */
  readonly #offset: number;
  /** The weight's row for each of the tensor's, -1 for none; null where rows keep their order. */
  readonly #targets: Int32Array | null;

  constructor(tensorShape: readonly number[], { view, weight, offset }: WeightFill) {
    this.#rowLength = tensorShape.at(-1) ?? 1;
    this.#offset = offset;
    this.#targets = view && targetRows(tensorShape, view, weight.shape);
  }

  /** What they come to, of a tensor of that dtype. */
  dtypeOf(dtype: WeightBytes["dtype"]): WeightBytes["dtype"] {
    return dtype;
  }

  /** The weight's element that a row goes to, where rows keep their order; null where they do not. */
  placeOf(row: number): number | null {
    return this.#targets === null ? this.#offset + row * this.#rowLength : null;
  }

  /** Hands every run of rows that stay neighbours to `write`, with the weight's element that it starts at. */
  move(
    bytes: WeightBytes,
    firstRow: number,
    nRows: number,
    room: ChunkRoom,
    write: (offset: number, bytes: WeightBytes) => void,
  ): void {
    const targets = this.#targets;
    if (targets === null) {
      write(this.#offset + firstRow * this.#rowLength, bytes);
      return;
    }
    const end = firstRow + nRows;
    let from = firstRow;
    while (from < end) {
      const to = targets[from] as number;
      if (to < 0) {
        from += 1;
        continue;
      }
      const rows = [from - firstRow];
      let next = from + 1;
      for (; next < end; next++) {
        const target = targets[next] as number;
        if (target === to + rows.length) rows.push(next - firstRow);
        else if (target >= 0) break;
      }
      write(to * this.#rowLength, pickRows(bytes, nRows, rows, room));
      from = next;
    }
  }
}

function targetRows(
  tensorShape: readonly number[],
  { offset, strides }: TensorView,
  weightShape: readonly number[],
): Int32Array {
  const row = tensorShape.at(-1) ?? 1;
  const targets = new Int32Array(tensorShape.slice(0, -1).reduce((a, b) => a * b, 1)).fill(-1);
  const leading = weightShape.slice(0, -1);
  const index = leading.map(() => 0);
  const count = leading.reduce((a, b) => a * b, 1);
  for (let to = 0; to < count; to++) {
    targets[index.reduce((sum, i, axis) => sum + i * (strides[axis] ?? 0), offset) / row] = to;
    for (let axis = leading.length - 1; axis >= 0; axis--) {
      const next = (index[axis] ?? 0) + 1;
      index[axis] = next === leading[axis] ? 0 : next;
      if (next !== leading[axis]) break;
    }
  }
  return targets;
}

/** Some of `nRows` rows: a part of the same bytes where they are neighbours. */
function pickRows(
  bytes: WeightBytes,
  nRows: number,
  rows: readonly number[],
  room: ChunkRoom,
): WeightBytes {
  const pick = (source: Uint8Array, name: string) => {
    const rowBytes = source.byteLength / nRows;
    const first = rows[0] ?? 0;
    if (rows.at(-1) === first + rows.length - 1)
      return source.subarray(first * rowBytes, (first + rows.length) * rowBytes);
    const out = room.take(name, rows.length * rowBytes);
    for (const [i, from] of rows.entries())
      out.set(source.subarray(from * rowBytes, (from + 1) * rowBytes), i * rowBytes);
    return out;
  };
  const data = pick(bytes.data, "moved codes");
  if (!isPackedBytes(bytes)) return { ...bytes, data };
  return { ...bytes, data, scales: pick(bytes.scales, "moved scales") };
}
