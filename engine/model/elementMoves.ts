import type { PackedBytes, PlainBytes, WeightBytes } from "../backend/backend.ts";
import { isPacked } from "../backend/packed.ts";
import { isPackedBytes, weightLength, weightSlice, widen } from "../backend/widen.ts";
import type { ChunkRoom } from "../weights/chunkRoom.ts";
import { gatherView } from "./gatherView.ts";
import type { TensorView } from "./weightNames.ts";

/**
 * Where a tensor's elements go in a weight that has them one by one in another order, as where it is transposed. Packed ones are
 * widened to f32. If every entry of the weight's first axis is made of one piece of the tensor, pieces can be moved alone.
 */
export class ElementMoves {
  /** Rows of a piece. */
  readonly together: number;
  /** Elements of a piece. */
  readonly #piece: number;
  readonly #view: Pick<TensorView, "offset" | "strides">;
  /** What a piece becomes. */
  readonly #shape: readonly number[];

  constructor(
    tensorShape: readonly number[],
    { offset, strides }: TensorView,
    weightShape: readonly number[],
  ) {
    const size = tensorShape.reduce((a, b) => a * b, 1);
    const row = tensorShape.at(-1) ?? 1;
    const [stride = size, ...within] = strides;
    const inner = weightShape.slice(1);
    const last = within.reduce((sum, step, axis) => sum + step * ((inner[axis] ?? 1) - 1), offset);
    const isApart = stride * (weightShape[0] ?? 1) === size && stride % row === 0 && last < stride;
    this.#piece = isApart ? stride : size;
    this.#view = { offset, strides: isApart ? within : strides };
    this.#shape = isApart ? inner : weightShape;
    this.together = this.#piece / row;
  }

  /** What they come to, of a tensor of that dtype. */
  dtypeOf(dtype: WeightBytes["dtype"]): WeightBytes["dtype"] {
    return isPacked(dtype) ? "f32" : dtype;
  }

  /** As RowMoves has it: no row stays together. */
  placeOf(): null {
    return null;
  }

  /** Hands what whole pieces become to `write`, with the weight's element that each starts at. */
  move(
    bytes: WeightBytes,
    firstRow: number,
    nRows: number,
    _room: ChunkRoom,
    write: (offset: number, bytes: WeightBytes) => void,
  ): void {
    const first = firstRow / this.together;
    const size = this.#shape.reduce((a, b) => a * b, 1);
    for (let i = 0; i < nRows / this.together; i++) {
      const piece = weightSlice(bytes, i * this.#piece, (i + 1) * this.#piece);
      write((first + i) * size, arrangeElements(piece, this.#view, this.#shape));
    }
  }
}

function arrangeElements(
  bytes: WeightBytes,
  view: Pick<TensorView, "offset" | "strides">,
  shape: readonly number[],
): PlainBytes {
  const { dtype, data } = isPackedBytes(bytes) ? widened(bytes) : bytes;
  const size = shape.reduce((a, b) => a * b, 1);
  const width = dtype === "f32" ? 4 : 2;
  const { buffer, byteOffset } = data.byteOffset % width === 0 ? data : data.slice();
  const count = data.byteLength / width;
  const moved =
    dtype === "f32"
      ? gatherView(new Uint32Array(buffer, byteOffset, count), new Uint32Array(size), shape, view)
      : gatherView(new Uint16Array(buffer, byteOffset, count), new Uint16Array(size), shape, view);
  return { dtype, data: new Uint8Array(moved.buffer) };
}

function widened(bytes: PackedBytes): PlainBytes {
  const values = new Float32Array(weightLength(bytes));
  widen(bytes, values, 0);
  return { dtype: "f32", data: new Uint8Array(values.buffer) };
}
