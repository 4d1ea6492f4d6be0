import type { LayerSpec, ModelSpec, RopeSpec } from "../model/spec.ts";
import type { Ref } from "./plan.ts";
import type { PlanBuilder } from "./planBuilder.ts";

/** One layer while it is written down. */
export interface PlanScope {
  readonly b: PlanBuilder;
  readonly spec: ModelSpec;
  /** What `spec` says of this layer. */
  readonly own: LayerSpec;
  /** How the layer's queries and keys are turned; null: they are not. */
  readonly rotation: Rotation | null;
  readonly layer: number;
  /** `blocks.{layer}` */
  readonly name: string;
  readonly observed: ReadonlySet<string>;
}

interface Projection {
  readonly weight: Ref;
  readonly bias?: Ref | null;
  readonly out: Ref;
}

export function project({ b, layer }: PlanScope, x: Ref, { weight, bias, out }: Projection): Ref {
  b.op(layer, {
    kind: "matmul",
    rows: "tokens",
    x,
    weight,
    bias: bias ?? null,
    residual: null,
    out,
  });
  return out;
}

/** The spec's norm over the residual stream, with the weights of `name`. */
export function normalize(
  { b, spec, layer }: Pick<PlanScope, "b" | "spec"> & { readonly layer: number | null },
  x: Ref,
  name: string,
): Ref {
  const { dModel, normEps: eps } = spec;
  const out = b.value(`${name}.hook_normalized`, ["T", dModel]);
  const weight = b.weight(name, dModel);
  if (spec.norm === "rms") b.op(layer, { kind: "rmsNorm", rows: "tokens", x, weight, eps, out });
  else {
    const bias = b.weight(`${name}.bias`, dModel);
    b.op(layer, { kind: "layerNorm", rows: "tokens", x, weight, bias, eps, out });
  }
  return out;
}

interface Rotation {
  readonly rope: RopeSpec;
  /** The tables, shared by all layers that turn alike. */
  readonly cos: Ref;
  readonly sin: Ref;
}

/** The rotation of a layer, with its tables in the plan; null: there is none. */
export function rotationOf(
  b: PlanBuilder,
  { ropes }: ModelSpec,
  { rope: index }: LayerSpec,
): Rotation | null {
  const rope = index === null ? undefined : ropes[index];
  if (index === null || rope === undefined) return null;
  const table = (which: "cos" | "sin") =>
    b.value(rotaryTable(index, which), ["context", rope.dim / 2], { role: "table" });
  return { rope, cos: table("cos"), sin: table("sin") };
}

/** The same for what always turns; `checkLayers` refuses layers without. */
export function neededRotation({ rotation, name }: PlanScope): Rotation {
  if (rotation === null) throw new Error(`${name} has no rotation`);
  return rotation;
}

/** Name of the plan's table for one of the spec's `ropes`. */
export function rotaryTable(rope: number, which: "cos" | "sin"): string {
  return `ropes.${rope}.${which}`;
}
