import type { DeviceTensor } from "../backend/deviceTensor.ts";
import type { Operator } from "../backend/operators.ts";
import type { ModelWeight } from "../model/modelWeights.ts";
import type { ModelSpec } from "../model/spec.ts";

/**
 * An axis of a planned value. "T": tokens of the step; "context": rows of the cache, of which the first S = start + T
 * are used; a number: the same in every step.
 */
export type Axis = number | "T" | "context";

/**
 * Where a value lives: written anew in each step, filled once (rotary tables, numbers of edits), appended to (caches), or
 * written by the host for each step.
 */
export type ValueRole = "activation" | "table" | "constant" | "cache" | "input";

/** A named tensor that operators read and write. A value that is a site carries the site's name. */
export interface PlanValue {
  readonly name: string;
  readonly shape: readonly Axis[];
  readonly dtype: "f32" | "i32";
  readonly role: ValueRole;
  /** Of a mask of single edges, which is laid out as edgeMask.ts says for the rows of a step. */
  readonly edges?: { readonly nHeads: number; readonly words: number; readonly nRows: number };
}

/** Stands in an operator where the bound program has a device tensor. */
export interface Ref {
  readonly from: "value" | "weight";
  readonly name: string;
}

/** An operator with names instead of tensors. */
type Symbolic<O> = O extends { readonly kind: string }
  ? {
      readonly [K in keyof O]: O[K] extends DeviceTensor
        ? Ref
        : O[K] extends DeviceTensor | null
          ? Ref | null
          : O[K];
    }
  : never;

export type SymbolicOperator = Symbolic<Operator>;

export interface PlanOp {
  readonly operator: SymbolicOperator;
  /** Transformer block, or null outside of them. */
  readonly layer: number | null;
  /** Names of the values it reads; a value it appends to (a cache) is an output only. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Canonical names of the weights it reads. */
  readonly weights: readonly string[];
}

/**
 * How a layer's attention is carried out. gqa: keys and values per key head. MLA has two equal forms: absorbed runs on the latent
 * itself (decode, short chunks), expanded rebuilds every head's keys and values first (long chunks).
 */
export type LayerForm = "gqa" | "absorbed" | "expanded";

/** The form of every layer that a plan has, in order. Equal forms are one and the same list: compare them with ===. */
export type AttentionForm = readonly LayerForm[];

/** The model written down: what runs, in order, on what. */
export interface Plan {
  readonly spec: ModelSpec;
  readonly form: AttentionForm;
  readonly values: ReadonlyMap<string, PlanValue>;
  readonly weights: ReadonlyMap<string, ModelWeight>;
  readonly ops: readonly PlanOp[];
}
