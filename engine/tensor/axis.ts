import { ShapeError } from "../base/errors.ts";
import { type FloatArray, floatsLike, type HostArray } from "./hostArray.ts";

/** An axis by its name, or by its number, negative from the end. */
export type Axis = string | number;

/** Numbers along one axis: `size` of them, `inner` apart, for each of outer x inner others. */
export interface Lines {
  readonly outer: number;
  readonly size: number;
  readonly inner: number;
}

/** @throws ShapeError ERR_SHAPE for an axis that is not there, and a name that two axes have */
export function axisOf(what: string, dims: readonly string[], axis: Axis): number {
  if (typeof axis === "string") return namedAxis(what, dims, axis, "name or number");
  const at = axis < 0 ? dims.length + axis : axis;
  if (Number.isInteger(at) && at >= 0 && at < dims.length) return at;
  throw noAxis(what, dims, axis, "name or number");
}

/** As `axisOf`, where a name alone is taken. @throws ShapeError ERR_SHAPE */
export function namedAxis(
  what: string,
  dims: readonly string[],
  name: string,
  by: "name" | "name or number" = "name",
): number {
  const found = dims.indexOf(name);
  if (found >= 0 && found === dims.lastIndexOf(name)) return found;
  throw noAxis(what, dims, name, by, found >= 0 ? ", which several have" : "");
}

function noAxis(
  what: string,
  dims: readonly string[],
  axis: Axis,
  by: string,
  why = "",
): ShapeError {
  return new ShapeError(
    "ERR_SHAPE",
    `${what}: expected one of the axes (${dims.join(", ")}) by its ${by}, got ${JSON.stringify(axis)}${why}. Name one that is there.`,
  );
}

export function linesOf(shape: readonly number[], axis: number): Lines {
  const product = (sizes: readonly number[]) => sizes.reduce((a, b) => a * b, 1);
  return {
    outer: product(shape.slice(0, axis)),
    size: shape[axis] as number,
    inner: product(shape.slice(axis + 1)),
  };
}

/** Lines that are read together where they lie side by side: as many f32 as a line of a cache has. */
const TOGETHER = 16;

/**
 * Reads line after line, in float64.
 * @param see is handed a line, which is overwritten later, and its number
 */
export function eachLine(
  data: HostArray,
  lines: Lines,
  see: (line: Float64Array, index: number) => void,
): void {
  eachTile(data, lines, (tile, count, _, index) => {
    for (let c = 0; c < count; c++) see(tile[c] as Float64Array, index + c);
  });
}

/** What becomes of the numbers where each line is changed in place, in float64; rounded to f32 of f32. */
export function mapLines(
  data: HostArray,
  lines: Lines,
  change: (line: Float64Array) => void,
): FloatArray {
  const out = floatsLike(data, data.length);
  const { size, inner } = lines;
  eachTile(data, lines, (tile, count, start) => {
    for (let c = 0; c < count; c++) change(tile[c] as Float64Array);
    if (inner === 1) out.set(tile[0] as Float64Array, start);
    else
      for (let j = 0; j < size; j++)
        for (let c = 0; c < count; c++)
          out[start + j * inner + c] = (tile[c] as Float64Array)[j] as number;
  });
  return out;
}

/**
 * Reads lines that lie side by side together, so that no line of a cache is fetched for one number.
 * @param see is handed the lines, how many of them count, where the first number of the first lies, and the first one's number
 */
function eachTile(
  data: HostArray,
  { outer, size, inner }: Lines,
  see: (tile: readonly Float64Array[], count: number, start: number, index: number) => void,
): void {
  const width = Math.min(inner, TOGETHER);
  const tile = Array.from({ length: width }, () => new Float64Array(size));
  for (let o = 0; o < outer; o++)
    for (let first = 0; first < inner; first += width) {
      const count = Math.min(width, inner - first);
      const start = o * size * inner + first;
      if (inner === 1) tile[0]?.set(data.subarray(start, start + size));
      else
        for (let j = 0; j < size; j++)
          for (let c = 0; c < count; c++)
            (tile[c] as Float64Array)[j] = data[start + j * inner + c] as number;
      see(tile, count, start, o * inner + first);
    }
}
