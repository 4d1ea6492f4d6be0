import type { PackedBytes, PlainBytes, WeightBytes } from "../backend/backend.ts";
import { isPackedBytes, weightLength, widen } from "../backend/widen.ts";
import { gatherView } from "./gatherView.ts";
import type { TensorView } from "./weightNames.ts";

/** All of a tensor's elements in the order of the weight that they fill; packed ones are widened to f32. */
export function arrangeElements(
  bytes: WeightBytes,
  view: TensorView,
  weightShape: readonly number[],
): PlainBytes {
  const plain = isPackedBytes(bytes) ? widened(bytes) : bytes;
  const size = weightShape.reduce((a, b) => a * b, 1);
  const { buffer, byteLength } = aligned(plain.data);
  const moved =
    plain.dtype === "f32"
      ? gatherView(
          new Uint32Array(buffer, 0, byteLength / 4),
          new Uint32Array(size),
          weightShape,
          view,
        )
      : gatherView(
          new Uint16Array(buffer, 0, byteLength / 2),
          new Uint16Array(size),
          weightShape,
          view,
        );
  return { dtype: plain.dtype, data: new Uint8Array(moved.buffer) };
}

function widened(bytes: PackedBytes): PlainBytes {
  const values = new Float32Array(weightLength(bytes));
  widen(bytes, values, 0);
  return { dtype: "f32", data: new Uint8Array(values.buffer) };
}

/** The same bytes at the start of a buffer. */
function aligned(data: Uint8Array): Uint8Array {
  return data.byteOffset === 0 ? data : data.slice();
}
