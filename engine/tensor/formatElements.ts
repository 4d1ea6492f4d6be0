/** Elements from which on an axis is shown by its ends, and how many of them at either. */
const MOST_ELEMENTS = 1000;
const EDGE = 3;
const DIGITS = 4;
const LINE = 80;

/**
 * A tensor's elements as a console shows them, in brackets that are nested as its axes are. Of more than 1,000 elements the
 * first and the last 3 on each axis are shown.
 * @param data row-major
 */
export function formatElements(data: ArrayLike<number>, shape: readonly number[]): string {
  if (data.length === 0) return "[]";
  const edge = data.length > MOST_ELEMENTS ? EDGE : Number.POSITIVE_INFINITY;
  const shown = shape.map((length) => shownOf(length, edge));
  const values: number[] = [];
  visit(shape, shown, (offset) => values.push(data[offset] as number));
  const write = numberWriter(values, data instanceof Int32Array);
  const width = Math.max(...values.map((value) => write(value).length));
  const block = (axis: number, offset: number): string => {
    const length = shape[axis];
    if (length === undefined) return write(data[offset] as number).padStart(width);
    const stride = shape.slice(axis + 1).reduce((product, size) => product * size, 1);
    const parts = (shown[axis] ?? []).map((index) =>
      index === null ? "…" : block(axis + 1, offset + index * stride),
    );
    if (axis === shape.length - 1) return `[${wrapped(parts, axis + 1)}]`;
    const gap = "\n".repeat(shape.length - axis - 1);
    return `[${parts.join(`,${gap}${" ".repeat(axis + 1)}`)}]`;
  };
  return block(0, 0);
}

/** Indices of an axis in order, with null where some are left out. */
function shownOf(length: number, edge: number): readonly (number | null)[] {
  if (length <= 2 * edge) return Array.from({ length }, (_, index) => index);
  const first = Array.from({ length: edge }, (_, index) => index);
  return [...first, null, ...first.map((index) => length - edge + index)];
}

function visit(
  shape: readonly number[],
  shown: readonly (readonly (number | null)[])[],
  see: (offset: number) => void,
  axis = 0,
  offset = 0,
): void {
  const length = shape[axis];
  if (length === undefined) {
    see(offset);
    return;
  }
  for (const index of shown[axis] ?? [])
    if (index !== null) visit(shape, shown, see, axis + 1, offset * (shape[axis] ?? 1) + index);
}

/** One notation for all numbers: whole, with at most 4 decimals, or with exponents where those would lose too much. */
function numberWriter(values: readonly number[], isInteger: boolean): (value: number) => string {
  const sizes = values.map(Math.abs).filter((size) => Number.isFinite(size) && size > 0);
  const [least, most] = [Math.min(...sizes), Math.max(...sizes)];
  if (isInteger || (sizes.every(Number.isInteger) && (sizes.length === 0 || most < 1e8)))
    return (value) => (isInteger || !Number.isFinite(value) ? String(value) : `${value}.`);
  if (most >= 1e8 || least < 10 ** -DIGITS)
    return (value) => (Number.isFinite(value) ? value.toExponential(DIGITS) : String(value));
  return (value) => (Number.isFinite(value) ? value.toFixed(DIGITS) : String(value));
}

/** Elements of the last axis, as many in a line as have room. */
function wrapped(parts: readonly string[], indent: number): string {
  const lines: string[] = [];
  let line = "";
  for (const part of parts) {
    const longer = line === "" ? part : `${line}, ${part}`;
    if (indent + longer.length < LINE || line === "") line = longer;
    else {
      lines.push(`${line},`);
      line = part;
    }
  }
  return [...lines, line].join(`\n${" ".repeat(indent)}`);
}
