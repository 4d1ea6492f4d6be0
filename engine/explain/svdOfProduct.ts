import { ShapeError } from "../base/errors.ts";
import { inner } from "../tensor/dot.ts";
import { Tensor } from "../tensor/tensor.ts";
import { jacobiSvd } from "./jacobiSvd.ts";

/** left right = u diag(s) vh. */
export interface Svd {
  readonly u: Tensor<Float64Array>; // (N, R)
  /** Singular values, descending. */
  readonly s: Tensor<Float64Array>; // (R)
  readonly vh: Tensor<Float64Array>; // (R, M)
}

/**
 * Singular values and vectors of a product of two factors, such as a head's circuits, without the product: (N, R) times (R, M) with few
 * R. Of OV it is `svdOfProduct(output, value)`, of QK `svdOfProduct(query.transpose(), key)`. The two vectors
 * of a value are known up to their common sign; those of a value of 0 say nothing.
 * @throws ShapeError ERR_SHAPE, ERR_RANGE for numbers that are not finite
 */
export function svdOfProduct(left: Tensor, right: Tensor): Svd {
  const [n, rank, ...more] = left.shape;
  const [same, m, ...rest] = right.shape;
  if (n === undefined || m === undefined || rank !== same || more.length + rest.length > 0)
    throw new ShapeError(
      "ERR_SHAPE",
      `svdOfProduct: expected factors (N, R) and (R, M), got (${left.shape.join(", ")}) and (${right.shape.join(", ")}). Transpose one of them.`,
    );
  for (const { data } of [left, right]) {
    const bad = data.findIndex((x) => !Number.isFinite(x));
    if (bad >= 0)
      throw new ShapeError(
        "ERR_RANGE",
        `svdOfProduct: expected finite numbers, got ${data[bad]}. Look at where the factors come from.`,
      );
  }
  // left = a diag(α) p^T, right^T = b diag(β) q^T; the rest is the SVD of the small diag(α) p^T q diag(β).
  const columns = rowsOf(left.transpose());
  const a = jacobiSvd(columns);
  const b = jacobiSvd(rowsOf(right));
  const core = b.right.map((q, j) =>
    a.right.map((p, i) => (a.values[i] as number) * inner(p, q) * (b.values[j] as number)),
  );
  const small = jacobiSvd(core);
  const u = small.left.map((weights) => combined(a.left, weights, n));
  const v = small.right.map((weights) => combined(b.left, weights, m));
  const size = small.values.length;
  return {
    u: new Tensor(joined(u), [size, n], ["R", "N"]).transpose(),
    s: new Tensor(small.values, [size], ["R"]),
    vh: new Tensor(joined(v), [size, m], ["R", "M"]),
  };
}

function rowsOf(matrix: Tensor): Float64Array[] {
  return Array.from({ length: matrix.shape[0] as number }, (_, i) =>
    Float64Array.from(matrix.row(i).data),
  );
}

function combined(
  vectors: readonly Float64Array[],
  weights: Float64Array,
  length: number,
): Float64Array {
  const out = new Float64Array(length);
  for (const [i, vector] of vectors.entries())
    for (let j = 0; j < length; j++)
      out[j] = (out[j] as number) + (weights[i] as number) * (vector[j] as number);
  return out;
}

function joined(vectors: readonly Float64Array[]): Float64Array {
  return Float64Array.from(vectors.flatMap((vector) => [...vector]));
}
