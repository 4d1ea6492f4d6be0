import type { DeviceTensor, Step } from "../deviceTensor.ts";
import { rowSize } from "../tensorSize.ts";
import type { SubgroupUse } from "./products/productForm.ts";

/** How a shader sees one tensor. */
type Binding = ReadBinding | WriteBinding;

/**
 * An input. The shader reads it through the generated function `name(i)`, which decodes the packed formats:
 * unit 1 gives the scalar of element i, unit 4 the vec4<f32> of elements 4i to 4i + 3, unit 32 the WeightBlock of 32 (byteBlocks.ts).
 */
export interface ReadBinding {
  readonly access: "read";
  readonly name: string;
  readonly tensor: DeviceTensor;
  readonly unit: 1 | 4 | 32;
  /** One of the tensor's parts alone, from its own first element on. */
  readonly part?: number;
}

/** An output, written as `name[i] = value`. "u32" writes bit patterns, for values WGSL cannot spell (infinities). */
export interface WriteBinding {
  readonly access: "write";
  readonly name: string;
  readonly tensor: DeviceTensor;
  readonly element: "f32" | "i32" | "u32";
}

/** One compute shader of an operator and the number of workgroups it takes in a step; 0 leaves it out. */
export interface Kernel {
  readonly label: string;
  readonly bindings: readonly Binding[];
  /**
   * Sizes and strides the shader reads as `params.name` (u32). Shapes go here rather than into the text, so that one
   * compiled shader serves every layer, every tile and every model that differs in nothing else.
   */
  readonly params: Readonly<Record<string, number>>;
  /**
   * Functions, shared memory and the entry point `main`; declarations of bindings are generated. Written when a step first
   * has work for the kernel: of the forms of a product, most programs need one.
   */
  body(): string;
  readonly subgroups?: SubgroupUse;
  workgroups(step: Step): number;
}

/** A kernel whose shader finds the step's rows where the step says that they begin. */
export interface PlacedKernel extends Kernel {
  /** Those with a token axis: for the body, the step's first row is row 0 of them. */
  readonly tokenTensors: ReadonlySet<DeviceTensor>;
}

/** A statement that writes the element `index` of the output `out`, and of the step's rows in a cache of the same rows, where there is one. */
export function stores(index: string, value: string, cache: DeviceTensor | null): string {
  if (cache === null) return `out[${index}] = ${value};`;
  const at = `step.start * ${rowSize(cache)}u + ${index}`;
  return `{ let stored = ${value}; out[${index}] = stored; cache[${at}] = stored; }`;
}

/** The binding that `stores` writes to beside `out`. */
export function cacheOf(cache: DeviceTensor | null): readonly WriteBinding[] {
  return cache === null ? [] : [writes("cache", cache)];
}

export function reads(name: string, tensor: DeviceTensor, unit: 1 | 4 | 32 = 1): ReadBinding {
  return { access: "read", name, tensor, unit };
}

export function writes(
  name: string,
  tensor: DeviceTensor,
  element: WriteBinding["element"] = "f32",
): WriteBinding {
  return { access: "write", name, tensor, element };
}
