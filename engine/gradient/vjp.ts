import type { OperatorKind } from "../backend/operators.ts";
import type { Ref, SymbolicOperator } from "../plan/plan.ts";
import type { PositionMask } from "../plan/planChanges.ts";

/** Floats on the host: f64 on reference, f32 elsewhere. */
export type Floats = Float32Array | Float64Array;

/** An operator of one kind, with names in the places of tensors. */
type OperatorOf<K extends OperatorKind> = Extract<SymbolicOperator, { readonly kind: K }>;

/** Names of an operator's fields that hold a value or a weight. */
type RefField<O> = {
  readonly [F in keyof O]-?: [Extract<O[F], Ref>] extends [never] ? never : F;
}[keyof O];

/** Weights as floats, a piece at a time: packed ones are decoded. */
export interface WeightReader {
  shape(weight: Ref): readonly number[];
  /** @returns elements [first, first + count) of the flattened weight; default: all */
  read(weight: Ref, first?: number, count?: number): Promise<Floats>;
}

/** What the forward pass computed, and the gradients of the metric so far. Rows are those of the sequence's tokens. */
export interface VjpContext {
  /** The position of the first row. */
  readonly start: number;
  /** Rows. */
  readonly nTokens: number;
  readonly weights: WeightReader;
  /** Axes of a value behind its first one. */
  rowShape(value: Ref): readonly number[];
  /** Numbers of a value that the operator says it `reads`, row after row; of caches and tables those of all positions so far. */
  floats(value: Ref): Floats;
  /** The same of whole numbers. */
  ints(value: Ref): Int32Array;
  /** Single edges of attention that edits hide. */
  mask(value: Ref): PositionMask;
  /** The gradient of something that the operator wrote; null where the metric does not depend on it. */
  gradient(value: Ref): Float64Array | null;
  /** Where the gradient of a value is added up; null where nobody wants it, and for no value. */
  into(value: Ref | null): Float64Array | null;
  /** The same of a site that no operator reads, such as an attention map, with so many elements. */
  intoSite(site: string, size: number): Float64Array | null;
}

/** How a metric's gradient goes through a kind of operator, from what it wrote to what it read. */
export interface OperatorVjp<K extends OperatorKind> {
  /** Fields that gradients flow into. What is read beside them, such as routes, is held fixed. */
  readonly inputs: readonly RefField<OperatorOf<K>>[];
  /** Fields whose numbers it takes. */
  readonly reads: readonly RefField<OperatorOf<K>>[];
  /** Sites that it can give gradients of though nothing reads them. */
  readonly sites?: (op: OperatorOf<K>) => readonly string[];
  /** Adds the vector-Jacobian product of the operator to the gradients of its inputs. */
  readonly backward: (op: OperatorOf<K>, context: VjpContext) => void | Promise<void>;
}

/** The element at an index that the caller knows to exist. */
export function at(data: ArrayLike<number>, index: number): number {
  return data[index] as number;
}

/** Adds to an element that exists. */
export function addAt(data: Float64Array, index: number, x: number): void {
  data[index] = (data[index] as number) + x;
}

/** Is there nothing but zeros in [first, end)? */
export function isZero(data: Float64Array, first: number, end: number): boolean {
  for (let i = first; i < end; i++) if (data[i] !== 0) return false;
  return true;
}

/** The gradient of what an operator with one output wrote; the walk visits no other. */
export function gradientOf(context: VjpContext, out: Ref): Float64Array {
  const gradient = context.gradient(out);
  if (gradient === null)
    throw new Error(`${out.name} has no gradient, but its operator was visited`);
  return gradient;
}
