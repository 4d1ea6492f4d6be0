import type { PackedBytes, WeightBytes } from "../backend/backend.ts";
import { PACKED_FORMATS } from "../backend/packed.ts";
import { isPackedBytes, weightLength, widen } from "../backend/widen.ts";
import { gatherView } from "./gatherView.ts";
import type { TensorView, WeightFill } from "./weightNames.ts";

/**
 * A tensor's bytes in the order of the weight that they fill. Packed bytes stay packed where whole rows move, and are
 * widened to f32 where single elements do.
 */
export function arrangeWeight(
  bytes: WeightBytes,
  tensorShape: readonly number[],
  { view, weight }: WeightFill,
): WeightBytes {
  if (view === null) return bytes;
  if (isPackedBytes(bytes))
    return movesRows(tensorShape, view, weight.shape)
      ? gatherRows(bytes, tensorShape, view, weight.shape)
      : arrangeWeight(widened(bytes), tensorShape, { view, weight, offset: 0 });
  const size = weight.shape.reduce((a, b) => a * b, 1);
  const data = aligned(bytes.data);
  const moved =
    bytes.dtype === "f32"
      ? gatherView(new Uint32Array(data.buffer), new Uint32Array(size), weight.shape, view)
      : gatherView(new Uint16Array(data.buffer), new Uint16Array(size), weight.shape, view);
  return { dtype: bytes.dtype, data: new Uint8Array(moved.buffer) };
}

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

function gatherRows(
  { dtype, data, scales, group }: PackedBytes,
  tensorShape: readonly number[],
  view: TensorView,
  shape: readonly number[],
): PackedBytes {
  const row = tensorShape.at(-1) ?? 1;
  const { codeBits, scaleBytes } = PACKED_FORMATS[dtype];
  const leading = shape.slice(0, -1);
  const rowsOf = (source: Uint8Array, rowBytes: number) => {
    const bytesFor = (elements: number) => (elements / row) * rowBytes;
    const strides = [...view.strides.slice(0, -1).map(bytesFor), 1];
    const out = new Uint8Array(leading.reduce((a, b) => a * b, rowBytes));
    return gatherView(source, out, [...leading, rowBytes], {
      offset: bytesFor(view.offset),
      strides,
    });
  };
  return {
    dtype,
    data: rowsOf(data, (row * codeBits) / 8),
    scales: rowsOf(scales, (row / group) * scaleBytes),
    group,
  };
}

function widened(bytes: PackedBytes): WeightBytes {
  const values = new Float32Array(weightLength(bytes));
  widen(bytes, values, 0);
  return { dtype: "f32", data: new Uint8Array(values.buffer) };
}

/** The same bytes at the start of a buffer of their own. */
function aligned(data: Uint8Array): Uint8Array {
  return data.byteOffset === 0 ? data : data.slice();
}
