import type { TensorView } from "./weightNames.ts";

/** Fills `out`, a row-major tensor of `shape`, with the elements that the view names. Elements are moved as bits. */
export function gatherView<E extends Uint8Array | Uint16Array | Uint32Array>(
  source: E,
  out: E,
  shape: readonly number[],
  { offset, strides }: Pick<TensorView, "offset" | "strides">,
): E {
  const [stride = 0, count = 1] = [strides.at(-1), shape.at(-1)];
  const index = shape.map(() => 0);
  for (let to = 0; to < out.length; to += count) {
    let from = offset + index.reduce((sum, i, axis) => sum + i * (strides[axis] ?? 0), 0);
    for (let j = 0; j < count; j++) {
      out[to + j] = source[from] as number;
      from += stride;
    }
    for (let axis = shape.length - 2; axis >= 0; axis--) {
      const next = (index[axis] ?? 0) + 1;
      index[axis] = next === shape[axis] ? 0 : next;
      if (next !== shape[axis]) break;
    }
  }
  return out;
}
