/** Numbers of a tensor on the host. */
export type Numbers = Float32Array | Float64Array | Int32Array;

/** How far numbers are from those of a reference. Sums are of float64. */
export interface NumberError {
  /** (sum (x - y)^2 / sum y^2)^1/2 over all pairs of finite numbers, y the reference; 0 where nothing differs. */
  readonly relative: number;
  /** The largest |x - y|. */
  readonly largest: number;
  /** Pairs of which one or both are not finite and that are not the same: left out of the above. */
  readonly nNotFinite: number;
}

/** The error of numbers against a reference's, in place [start, start + count) of both. */
export function numberError(
  x: Numbers,
  reference: Numbers,
  start = 0,
  count = reference.length - start,
): NumberError {
  let [squares, referenceSquares, largest, nNotFinite] = [0, 0, 0, 0];
  for (let i = start; i < start + count; i++) {
    const own = x[i] ?? Number.NaN;
    const other = reference[i] ?? Number.NaN;
    const difference = own - other;
    if (Number.isFinite(difference)) {
      squares += difference * difference;
      referenceSquares += other * other;
      largest = Math.max(largest, Math.abs(difference));
    } else if (!Object.is(own, other)) nNotFinite += 1;
  }
  return { relative: ratio(squares, referenceSquares), largest, nNotFinite };
}

/** Relative errors of rows of equal width, one for each token: (T) f64. */
export function rowErrors(x: Numbers, reference: Numbers, nTokens: number): Float64Array {
  const width = reference.length / nTokens;
  return Float64Array.from(
    { length: nTokens },
    (_, t) => numberError(x, reference, t * width, width).relative,
  );
}

function ratio(squares: number, referenceSquares: number): number {
  return squares === 0 ? 0 : Math.sqrt(squares / referenceSquares);
}
