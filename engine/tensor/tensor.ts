import { ShapeError } from "../base/errors.ts";
import { formatElements } from "./formatElements.ts";

/** Element types a host tensor can have. */
export type HostDType = "f32" | "f64" | "i32";

export type HostArray = Float32Array | Float64Array | Int32Array;

/**
 * A dense row-major array on the host, with a name for every axis.
 * `dims` uses the letters of the sites table: T query position, S key position, H heads, D head dim,
 * M model dim, C latent, E experts, k chosen experts, V vocabulary.
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
}
