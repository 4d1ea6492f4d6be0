import { ShapeError } from "../base/errors.ts";
import { type Axis, axisOf, eachLine, linesOf, namedAxis } from "./axis.ts";
import { formatElements } from "./formatElements.ts";
import { type FloatArray, floatsLike, type HostArray, type HostDType } from "./hostArray.ts";
import { type IndexOrRange, resolveRange } from "./indexRange.ts";
import { productOf } from "./productOf.ts";
import { sliceArray } from "./sliceArray.ts";
import { softmaxLines } from "./softmax.ts";
import { sumOf, sumOfSquares } from "./sums.ts";
import { checkTopCount, numbersAt, topPlaces } from "./topK.ts";

export type { FloatArray, HostArray, HostDType } from "./hostArray.ts";

/** The largest numbers along an axis, and where they stood in it. */
export interface TensorTopK {
  readonly values: Tensor;
  readonly indices: Tensor<Int32Array>;
}

/** A tensor where an axis was given, a number where none was. */
export type Reduced<Along extends Axis | undefined> = Along extends Axis
  ? Tensor<FloatArray>
  : number;

/**
 * A dense row-major array on the host, with a name for every axis.
 * `dims` uses the letters of the sites table: T query position, S key position, H heads, D head dim,
 * M model dim, C latent, E experts, k chosen experts, V vocabulary. An axis is told by its name or its number.
 *
 * Operations run on the host, whatever the model runs on, and give new tensors, f32 of f32 and f64 of all others. They compute and add up
 * in float64, in an order that the length of the axis alone decides, and round once. `model.linear` multiplies by a large matrix on the
 * model's backend, in its arithmetic; `model.softmax`, `model.logSoftmax` and `model.topK` have the same bits as here, on threads where
 * there are any.
 */
export class Tensor<A extends HostArray = HostArray> {
  readonly data: A;
  readonly shape: readonly number[];
  readonly dims: readonly string[];

  constructor(
    data: A,
    shape: readonly number[],
    dims: readonly string[] = shape.map((_, i) => `d${i}`),
  ) {
    const size = shape.reduce((a, b) => a * b, 1);
    if (size !== data.length)
      throw new ShapeError(
        "ERR_SHAPE",
        `Tensor: expected ${size} elements for shape (${shape.join(", ")}), got ${data.length}. Pass a shape whose product is the length of the data.`,
      );
    this.data = data;
    this.shape = shape;
    this.dims = dims;
  }

  get dtype(): HostDType {
    if (this.data instanceof Float32Array) return "f32";
    return this.data instanceof Float64Array ? "f64" : "i32";
  }

  /** The element at a full index; negative indices count from the end. */
  at(...index: number[]): number {
    if (index.length !== this.shape.length)
      throw new ShapeError(
        "ERR_SHAPE",
        `Tensor.at: expected ${this.shape.length} indices (${this.dims.join(", ")}), got ${index.length}. Use row() for a sub-tensor.`,
      );
    const row = this.row(...index);
    return row.data[0] as number;
  }

  /** The sub-tensor under leading indices, as a view: `pattern.row(3)` is head 3's map. */
  row(...index: number[]): Tensor<A> {
    let offset = 0;
    let stride = this.data.length;
    index.forEach((given, axis) => {
      const size = this.shape[axis] ?? 0;
      const i = given < 0 ? size + given : given;
      if (!Number.isInteger(i) || i < 0 || i >= size)
        throw new ShapeError(
          "ERR_SHAPE",
          `Tensor.row: expected an index below ${size} on axis ${axis} (${this.dims[axis] ?? "none"}), got ${given}. The shape is (${this.shape.join(", ")}).`,
        );
      stride /= size;
      offset += i * stride;
    });
    return new Tensor(
      this.data.subarray(offset, offset + stride) as A,
      this.shape.slice(index.length),
      this.dims.slice(index.length),
    );
  }

  /**
   * A part, copied: `pattern.slice({ H: 3, S: [0, 5] })`. One index drops its axis, [start, end) keeps it; other axes stay whole.
   * An axis is told by its name alone: `dims` has the names, d0, d1 and so on where none were given.
   * @throws ShapeError ERR_SHAPE for a name that no axis has, or several; InputError ERR_SELECTION
   */
  slice(at: Readonly<Record<string, IndexOrRange>>): Tensor<A> {
    const given = new Map(
      Object.entries(at).map(([dim, index]) => [namedAxis("Tensor.slice", this.dims, dim), index]),
    );
    const ranges = this.shape.map((size, axis) =>
      resolveRange(given.get(axis), size, `Tensor.slice: ${this.dims[axis]}`),
    );
    const { data, shape, axes } = sliceArray(this.data, this.shape, ranges);
    const own = data === this.data ? data.slice() : data;
    return new Tensor(own as A, shape, this.#names(axes));
  }

  /** The last two axes swapped, copied. @throws ShapeError ERR_SHAPE for fewer than two */
  transpose(): Tensor<A> {
    const [rows, columns] = this.shape.slice(-2);
    if (rows === undefined || columns === undefined)
      throw new ShapeError(
        "ERR_SHAPE",
        `Tensor.transpose: expected two axes or more, got (${this.dims.join(", ")}). A vector has one.`,
      );
    const out = this.data.slice() as A;
    const size = rows * columns;
    for (let from = 0; from < out.length; from += size)
      for (let i = 0; i < size; i++)
        out[from + (i % columns) * rows + Math.floor(i / columns)] = this.data[from + i] as number;
    const axes = this.shape.map((_, axis) => axis);
    axes.push(...axes.splice(-2).reverse());
    return new Tensor(
      out,
      axes.map((axis) => this.shape[axis] as number),
      this.#names(axes),
    );
  }

  /**
   * The matrix product over the last axis of this and the last but one of the other: (..., N, K) times (K, M), or times as many matrices
   * (..., K, M), is (..., N, M). A vector (K) stands for a row on the left and for a column on the right.
   * @throws ShapeError ERR_SHAPE where the axes do not fit, ERR_DTYPE for whole numbers
   */
  matmul(other: Tensor): Tensor<FloatArray> {
    const { data, shape, dims } = productOf(this, other);
    return new Tensor(data, shape, dims);
  }

  /**
   * e^x over their sum along an axis, the last one by default. NaN where all are -Infinity, and where one is NaN or Infinity.
   * @throws ShapeError ERR_SHAPE
   */
  softmax(axis: Axis = -1): Tensor<FloatArray> {
    return this.#alike(softmaxLines(this.data, this.#lines("softmax", axis), false));
  }

  /** The natural logarithm of `softmax`. @throws ShapeError ERR_SHAPE */
  logSoftmax(axis: Axis = -1): Tensor<FloatArray> {
    return this.#alike(softmaxLines(this.data, this.#lines("logSoftmax", axis), true));
  }

  /**
   * The k largest numbers along an axis, the last one by default, largest first; among equals the first, 0 and -0 being equal, NaN behind all others.
   * @throws ShapeError ERR_SHAPE; ERR_RANGE unless k is from 1 to the length of the axis
   */
  topK(k: number, axis: Axis = -1): TensorTopK {
    const lines = this.#lines("topK", axis);
    checkTopCount("Tensor.topK", k, lines);
    const places = topPlaces(this.data, lines, k);
    const shape = this.shape.with(axisOf("Tensor.topK", this.dims, axis), k);
    return {
      values: new Tensor(numbersAt(this.data, lines, k, places), shape, this.dims),
      indices: new Tensor(places, shape, this.dims),
    };
  }

  /** The sum along an axis, which goes away; without one, of all numbers together. @throws ShapeError ERR_SHAPE */
  sum<Along extends Axis | undefined = undefined>(axis?: Along): Reduced<Along> {
    return this.#reduce("sum", axis, sumOf);
  }

  /** The mean along an axis, which goes away; without one, of all numbers together. @throws ShapeError ERR_SHAPE */
  mean<Along extends Axis | undefined = undefined>(axis?: Along): Reduced<Along> {
    return this.#reduce("mean", axis, (line) => sumOf(line) / line.length);
  }

  /** The Euclidean length along an axis, which goes away; without one, of all numbers together. @throws ShapeError ERR_SHAPE */
  norm<Along extends Axis | undefined = undefined>(axis?: Along): Reduced<Along> {
    return this.#reduce("norm", axis, (line) => Math.sqrt(sumOfSquares(line)));
  }

  /** Each number through a function of it and of its place in `data`. */
  map(change: (value: number, index: number) => number): Tensor<FloatArray> {
    const out = floatsLike(this.data, this.data.length);
    for (let i = 0; i < out.length; i++) out[i] = change(this.data[i] as number, i);
    return this.#alike(out);
  }

  /** `Tensor f32 (T 12, M 192)`. */
  toString(): string {
    const axes = this.shape.map((n, i) => `${this.dims[i]} ${n}`).join(", ");
    return `Tensor ${this.dtype} (${axes})`;
  }

  /** In Node's console: the same and the elements; the first line alone where it stands in something else. */
  [Symbol.for("nodejs.util.inspect.custom")](
    depthLeft: number | null,
    { depth = 0 }: { readonly depth?: number | null } = {},
  ): string {
    if (depthLeft !== null && depthLeft < (depth ?? 0)) return `${this}`;
    return `${this}\n${formatElements(this.data, this.shape)}`;
  }

  #names(axes: readonly number[]): string[] {
    return axes.map((axis) => this.dims[axis] as string);
  }

  #alike<B extends HostArray>(data: B): Tensor<B> {
    return new Tensor(data, this.shape, this.dims);
  }

  #lines(what: string, axis: Axis) {
    return linesOf(this.shape, axisOf(`Tensor.${what}`, this.dims, axis));
  }

  #reduce<Along extends Axis | undefined>(
    what: string,
    axis: Along | undefined,
    of: (line: Float64Array) => number,
  ): Reduced<Along> {
    if (axis === undefined) return of(Float64Array.from(this.data)) as Reduced<Along>;
    const lines = this.#lines(what, axis);
    const out = floatsLike(this.data, lines.outer * lines.inner);
    eachLine(this.data, lines, (line, index) => {
      out[index] = of(line);
    });
    const dropped = axisOf(`Tensor.${what}`, this.dims, axis);
    const left = this.shape.map((_, i) => i).filter((i) => i !== dropped);
    const sizes = left.map((i) => this.shape[i] as number);
    return new Tensor(out, sizes, this.#names(left)) as Tensor<FloatArray> as Reduced<Along>;
  }
}
