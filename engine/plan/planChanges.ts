import type { EditAction, MapAction } from "../backend/operators.ts";
import type { HostArray } from "../tensor/tensor.ts";

/** An `edit` operator behind what writes a value; whoever reads the value reads what the last one leaves. */
export interface ValueChange {
  readonly value: string;
  readonly action: EditAction;
  /** Columns of the flattened row. */
  readonly columnStart: number;
  readonly columnCount: number;
  /** Of scale. */
  readonly factor: number;
  /** Name among `rows`. */
  readonly rows: string;
  /** Name among `constants`; null for an action without numbers. */
  readonly values: string | null;
}

/** An `editMap` operator in an attention that is taken apart: behind its scores, or behind its pattern. */
export interface MapChange {
  readonly layer: number;
  readonly map: "scores" | "pattern";
  readonly action: MapAction;
  readonly headStart: number;
  readonly headCount: number;
  /** Of scale. */
  readonly factor: number;
  /** Name among `rows`. */
  readonly rows: string;
  /** Name among `constants`, (R, W); null for an action without numbers. */
  readonly values: string | null;
}

/** A change of one layer's router: of its selection scores, of how many experts it chooses, or of both. */
export interface RouteChange {
  readonly layer: number;
  /** Name among `constants`, (R, E), and among `rows`. */
  readonly adjust: { readonly values: string; readonly rows: string } | null;
  /** Name among `rows`: experts of each position. */
  readonly counts: string | null;
}

/** A change of one layer's attention. */
export interface AttentionChange {
  readonly layer: number;
  /** Name among `constants`, (H). */
  readonly temperatures: string | null;
  /** Name among `masks`. */
  readonly mask: string | null;
}

/** Keys that single queries of single heads do not see. */
export interface PositionMask {
  readonly nHeads: number;
  /** Of a row of bits: key s has bit s % 32 of word floor(s / 32). */
  readonly words: number;
  readonly bits: Int32Array; // (R, words)
  /** For every position and head its row of bits, -1: none. */
  readonly rows: PositionRows;
}

/** Numbers that are written once, before the first step. */
export interface PlanConstant {
  readonly shape: readonly number[];
  readonly data: HostArray;
}

/** Whole numbers for every position that a sequence may reach; a step is given those of its tokens. */
export interface PositionRows {
  readonly width: number;
  readonly data: Int32Array; // (capacity, width)
}

/** What is done to a plan, in terms of the plan, with the numbers that it takes. */
export interface PlanChanges {
  /** In the order in which they apply where they share a value. */
  readonly values: readonly ValueChange[];
  /** In the order in which they apply where they share a map. */
  readonly maps: readonly MapChange[];
  readonly routes: readonly RouteChange[];
  readonly attentions: readonly AttentionChange[];
  /** Added to every position. */
  readonly shift: number;
  readonly constants: ReadonlyMap<string, PlanConstant>;
  readonly rows: ReadonlyMap<string, PositionRows>;
  readonly masks: ReadonlyMap<string, PositionMask>;
}

export const NO_CHANGES: PlanChanges = {
  values: [],
  maps: [],
  routes: [],
  attentions: [],
  shift: 0,
  constants: new Map(),
  rows: new Map(),
  masks: new Map(),
};
