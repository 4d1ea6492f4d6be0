import { isPacked } from "../packed.ts";
import { rowSize } from "../tensorSize.ts";
import type { Kernel, PlacedKernel, ReadBinding } from "./kernel.ts";
import { own, type WebGpuTensor } from "./tensor.ts";
import type { TensorPart } from "./tensorPart.ts";
import { byteBlockReader, hasByteCodes } from "./wgsl/byteBlocks.ts";
import { packedReader } from "./wgsl/packedReader.ts";
import { type Reader, reader } from "./wgsl/reader.ts";

/** A kernel's WGSL, and what it asks of a bind group: its buffers in order, then the step's uniform, then the parameters'. */
export interface Shader {
  readonly source: string;
  /** "r" or "w" per buffer: kernels that agree share a bind group layout. */
  readonly signature: string;
  readonly params: Uint32Array;
}

/** Declares a kernel's bindings before its body. */
export function shader(kernel: PlacedKernel): Shader {
  const lines: string[] = [];
  const variable = (space: string, name: string, type: string) =>
    lines.push(`@group(0) @binding(${lines.length}) var<${space}> ${name}: ${type};`);
  const accessors: string[] = [];
  const values: Record<string, number> = { ...kernel.params };
  let signature = "";
  let body = kernel.body();
  for (const binding of kernel.bindings) {
    const tensor = own(binding.tensor);
    const parts = partsOf(binding, tensor);
    signature += binding.access.slice(0, 1).repeat(parts.length);
    if (binding.access === "write") {
      variable("storage, read_write", binding.name, `array<${binding.element}>`);
      if (kernel.tokenTensors.has(binding.tensor)) {
        accessors.push(rowOffset(binding.name, rowSize(tensor), values));
        body = body.replaceAll(
          new RegExp(`\\b${binding.name}\\[`, "g"),
          `${binding.name}[${binding.name}From() + `,
        );
      }
      continue;
    }
    const isPlaced = kernel.tokenTensors.has(binding.tensor); // in one part, as all activations are
    const suffix = (p: number) => (isPlaced ? "At" : parts.length > 1 ? p : "");
    const names = parts.map((_, p) => binding.name + suffix(p));
    for (const [p, part] of parts.entries()) {
      const name = names[p] ?? "";
      const { storage, source } = readerOf(name, binding, tensor, part, values);
      variable("storage, read", `${name}Data`, `array<${storage}>`);
      accessors.push(source);
    }
    if (isPlaced) accessors.push(placedReader(binding, tensor, values));
    else if (names.length > 1) accessors.push(joinedReader(binding, tensor, names, values));
  }
  variable("uniform", "step", "Step");
  variable("uniform", "params", "Params");
  const names = Object.keys(values);
  const fields = (names.length > 0 ? names : ["none"]).map((name) => `${name}: u32`);
  return {
    source: [
      ...directives(kernel),
      "struct Step { nTokens: u32, start: u32, row: u32 }",
      `struct Params { ${fields.join(", ")} }`,
      ...lines,
      ...accessors,
      body,
    ].join("\n"),
    signature,
    params: Uint32Array.from({ length: Math.ceil(fields.length / 4) * 4 }, (_, i) => {
      const name = names[i];
      return name === undefined ? 0 : (values[name] ?? 0);
    }),
  };
}

function directives({ subgroups = "none" }: Kernel): readonly string[] {
  if (subgroups === "none") return [];
  return ["enable subgroups;", ...(subgroups === "number" ? ["requires subgroup_id;"] : [])];
}

/** The buffers that a kernel's shader sees, in order. @throws BackendError ERR_TENSOR_TOO_LARGE for an output in several */
export function boundBuffers({ bindings }: Kernel): GPUBuffer[] {
  return bindings.flatMap((binding) => {
    const tensor = own(binding.tensor);
    if (binding.access === "write") return [tensor.buffer];
    return partsOf(binding, tensor).map(({ buffer }) => buffer);
  });
}

function partsOf(binding: PlacedKernel["bindings"][number], { parts }: WebGpuTensor) {
  if (binding.access === "write" || binding.part === undefined) return parts;
  return parts.slice(binding.part, binding.part + 1);
}

/** Declares `nameFrom()`, where the step's rows of a tensor begin, in units of its accessor. */
function rowOffset(name: string, size: number, values: Record<string, number>): string {
  values[`${name}RowSize`] = size;
  return `fn ${name}From() -> u32 { return step.row * params.${name}RowSize; }`;
}

/** The accessor from the step's first row on. */
function placedReader(
  binding: ReadBinding,
  tensor: WebGpuTensor,
  values: Record<string, number>,
): string {
  const { name, unit } = binding;
  return `${rowOffset(name, rowSize(tensor) / unit, values)}
fn ${name}(i: u32) -> ${resultOf(binding, tensor)} { return ${name}At(${name}From() + i); }`;
}

function resultOf({ unit }: ReadBinding, { dtype }: WebGpuTensor): string {
  if (unit === 32) return "WeightBlock";
  const element = dtype === "i32" ? "i32" : "f32";
  return unit === 4 ? `vec4<${element}>` : element;
}

/** A packed tensor's reader also asks for a parameter: the first word of the scales. */
function readerOf(
  name: string,
  { unit }: ReadBinding,
  { dtype }: WebGpuTensor,
  { layout }: TensorPart,
  values: Record<string, number>,
): Reader {
  if (unit === 32 && hasByteCodes(dtype)) {
    values[`${name}Scales`] = (layout?.scaleStart ?? 0) / 4;
    return byteBlockReader(name, `${name}Data`, dtype);
  }
  if (unit === 32) throw new TypeError(`shader: no block of whole numbers is read from ${dtype}`);
  if (!isPacked(dtype) || layout === null) return reader(name, `${name}Data`, dtype, unit);
  values[`${name}Scales`] = layout.scaleStart / 4;
  return packedReader(name, `${name}Data`, dtype, layout.groupShift, unit);
}

/** The accessor over a matrix in several buffers: asks the reader of the one that has the element. */
function joinedReader(
  binding: ReadBinding,
  tensor: WebGpuTensor,
  names: readonly string[],
  values: Record<string, number>,
): string {
  const { name, unit } = binding;
  const size = `params.${name}Part`;
  values[`${name}Part`] = (tensor.parts[0]?.size ?? 0) / unit;
  const last = names.length - 1;
  const branches = names
    .slice(0, last)
    .map((part, p) => `  if (i < ${p + 1}u * ${size}) { return ${part}(i - ${p}u * ${size}); }`);
  return `fn ${name}(i: u32) -> ${resultOf(binding, tensor)} {
${branches.join("\n")}
  return ${names[last]}(i - ${last}u * ${size});
}`;
}
