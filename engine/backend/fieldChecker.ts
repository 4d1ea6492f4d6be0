import { ShapeError } from "../base/errors.ts";
import type { DeviceTensor } from "./deviceTensor.ts";
import type { EditAction } from "./operators.ts";
import { elementCount, rowSize } from "./tensorSize.ts";

/** Compares the fields of one operator with its contract, and keeps the largest step that they hold. */
export class FieldChecker {
  readonly kind: string;
  maxTokens = Number.POSITIVE_INFINITY;
  maxPosition = Number.POSITIVE_INFINITY;
  /** Those that have one row per token. */
  readonly tokenTensors = new Set<DeviceTensor>();

  constructor(kind: string) {
    this.kind = kind;
  }

  fail(field: string, contract: string, got: string): never {
    throw new ShapeError(
      "ERR_SHAPE",
      `${this.kind}: expected ${field} ${contract}, got ${got}. Compare the tensor with the operator's contract.`,
    );
  }

  that(condition: boolean, field: string, contract: string, got: string | number): void {
    if (!condition) this.fail(field, contract, String(got));
  }

  dtype(field: string, tensor: DeviceTensor, integer: boolean): void {
    if ((tensor.dtype === "i32") === integer) return;
    throw new ShapeError(
      "ERR_DTYPE",
      `${this.kind}: expected ${field} of dtype ${integer ? "i32" : "float"}, got ${tensor.dtype} (${tensor.label}). Allocate it with the other dtype.`,
    );
  }

  /** Rows of `width` elements, any number of them. */
  row(field: string, tensor: DeviceTensor, width: number, integer = false): void {
    this.dtype(field, tensor, integer);
    this.that(rowSize(tensor) === width, field, `with ${width} elements a row`, describe(tensor));
  }

  /** One row per token of the step. */
  tokens(field: string, tensor: DeviceTensor, width: number, integer = false): void {
    this.row(field, tensor, width, integer);
    this.tokenTensors.add(tensor);
    this.maxTokens = Math.min(this.maxTokens, tensor.shape[0] ?? 0);
  }

  /** One row per token, or a single row for operators that follow `lastRow`. */
  rows(rows: "tokens" | "one", field: string, tensor: DeviceTensor, width: number): void {
    if (rows === "tokens") this.tokens(field, tensor, width);
    else {
      this.row(field, tensor, width);
      this.that((tensor.shape[0] ?? 0) >= 1, field, "with at least one row", describe(tensor));
    }
  }

  /** One row per position of the context. */
  positions(field: string, tensor: DeviceTensor, width: number, shift = 0): void {
    this.row(field, tensor, width);
    this.maxPosition = Math.min(this.maxPosition, (tensor.shape[0] ?? 0) - shift);
  }

  /** One row per token, one column per position of the context. */
  maps(field: string, tensor: DeviceTensor): void {
    this.tokens(field, tensor, rowSize(tensor));
    this.maxPosition = Math.min(this.maxPosition, rowSize(tensor));
  }

  /** (T, nHeads, context): `width` columns, or any number of them. */
  headMaps(
    field: string,
    tensor: DeviceTensor,
    nHeads: number,
    width = tensor.shape[2] ?? 0,
  ): void {
    const [, heads, columns] = this.axes(field, tensor, 3);
    this.that(
      heads === nHeads && columns === width,
      field,
      `of ${nHeads} heads by ${width} columns a row`,
      describe(tensor),
    );
    this.tokens(field, tensor, rowSize(tensor));
    this.maxPosition = Math.min(this.maxPosition, columns);
  }

  /** What an edit takes beside the numbers that it changes. */
  editNumbers(action: EditAction, factor: number, values: DeviceTensor | null): void {
    this.that(action !== "scale" || Number.isFinite(factor), "factor", "a finite number", factor);
    const valued = action === "add" || action === "replace" || action === "project";
    this.that(
      (values !== null) === valued,
      "values",
      `${valued ? "to be given" : "null"} for ${action}`,
      values ? describe(values) : "null",
    );
  }

  size(field: string, tensor: DeviceTensor, size: number): void {
    this.dtype(field, tensor, false);
    this.that(elementCount(tensor) === size, field, `of ${size} elements`, describe(tensor));
  }

  /** `count` things from `start` on, of `limit` that there are. */
  inside(field: string, start: number, count: number, limit: number): void {
    this.that(
      start >= 0 && count >= 1 && start + count <= limit,
      field,
      `a range of at least 1 inside 0 to ${limit}`,
      `${start} + ${count}`,
    );
  }

  axes(field: string, tensor: DeviceTensor, count: 3): readonly [number, number, number] {
    this.dtype(field, tensor, false);
    this.that(tensor.shape.length === count, field, `with ${count} axes`, describe(tensor));
    const [a = 0, b = 0, c = 0] = tensor.shape;
    return [a, b, c];
  }
}

export function describe(tensor: DeviceTensor): string {
  return `${tensor.dtype} (${tensor.shape.join(", ")}) "${tensor.label}"`;
}
