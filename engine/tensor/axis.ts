import { ShapeError } from "../base/errors.ts";
import type { HostArray } from "./hostArray.ts";

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

/**
 * Reads line after line, in float64.
 * @param see is handed a line, which the next one overwrites, and where its first number lies
 */
export function eachLine(
  data: HostArray,
  { outer, size, inner }: Lines,
  see: (line: Float64Array, start: number, index: number) => void,
): void {
  const line = new Float64Array(size);
  for (let o = 0; o < outer; o++)
    for (let i = 0; i < inner; i++) {
      const start = o * size * inner + i;
      for (let j = 0; j < size; j++) line[j] = data[start + j * inner] as number;
      see(line, start, o * inner + i);
    }
}
