/** Rows and columns of a matrix that share a scale; null: all of them. */
export interface ScaleGrid {
  readonly rows: number | null;
  readonly columns: number | null;
}

/** How many scales a matrix has, down and across; the last blocks may be ragged. */
export function gridShape(
  { rows, columns }: ScaleGrid,
  [n, k]: readonly [number, number],
): [number, number] {
  return [rows === null ? 1 : Math.ceil(n / rows), columns === null ? 1 : Math.ceil(k / columns)];
}

/** Has a stored tensor of scales the grid's shape? A single scale may stand without axes, or with one. */
export function isGridShape(shape: readonly number[], [down, across]: readonly number[]): boolean {
  if (down === 1 && across === 1 && shape.every((size) => size === 1)) return shape.length <= 2;
  return shape.length === 2 && shape[0] === down && shape[1] === across;
}

/** For messages: "one scale per block of 128 x 128". */
export function describeGrid({ rows, columns }: ScaleGrid): string {
  if (rows === null && columns === null) return "one scale for the tensor";
  if (rows === 1 && columns === null) return "one scale per row";
  if (rows === 1) return `one scale per ${columns} elements of a row`;
  return `one scale per block of ${rows} x ${columns}`;
}
