import type { DeviceTensor } from "../deviceTensor.ts";
import { isPacked } from "../packed.ts";
import type { Kernel, ReadBinding } from "./kernel.ts";
import { own, type WebGpuTensor } from "./tensor.ts";
import type { TensorPart } from "./tensorPart.ts";
import { packedReader } from "./wgsl/packedReader.ts";
import { type Reader, reader } from "./wgsl/reader.ts";

/** A kernel's WGSL and its bind group: the buffers in order, then the step's uniform, then the parameters'. */
export interface Shader {
  readonly source: string;
  readonly tensors: readonly DeviceTensor[];
  readonly buffers: readonly GPUBuffer[];
  /** "r" or "w" per buffer: kernels that agree share a bind group layout. */
  readonly signature: string;
  readonly params: Uint32Array;
}

/** Declares a kernel's bindings before its body. */
export function shader(kernel: Kernel): Shader {
  const lines: string[] = [];
  const variable = (space: string, name: string, type: string) =>
    lines.push(`@group(0) @binding(${lines.length}) var<${space}> ${name}: ${type};`);
  const accessors: string[] = [];
  const values: Record<string, number> = { ...kernel.params };
  const buffers: GPUBuffer[] = [];
  let signature = "";
  for (const binding of kernel.bindings) {
    const tensor = own(binding.tensor);
    signature += binding.access.slice(0, 1).repeat(tensor.parts.length);
    if (binding.access === "write") {
      variable("storage, read_write", binding.name, `array<${binding.element}>`);
      buffers.push(tensor.buffer);
      continue;
    }
    const names = tensor.parts.map((_, p) => binding.name + (tensor.parts.length > 1 ? p : ""));
    for (const [p, part] of tensor.parts.entries()) {
      const name = names[p] ?? "";
      const { storage, source } = readerOf(name, binding, tensor, part, values);
      variable("storage, read", `${name}Data`, `array<${storage}>`);
      accessors.push(source);
      buffers.push(part.buffer);
    }
    if (names.length > 1) accessors.push(joinedReader(binding, tensor, names, values));
  }
  variable("uniform", "step", "Step");
  variable("uniform", "params", "Params");
  const names = Object.keys(values);
  const fields = (names.length > 0 ? names : ["none"]).map((name) => `${name}: u32`);
  return {
    source: [
      "struct Step { nTokens: u32, start: u32 }",
      `struct Params { ${fields.join(", ")} }`,
      ...lines,
      ...accessors,
      kernel.body,
    ].join("\n"),
    tensors: kernel.bindings.map((binding) => binding.tensor),
    buffers,
    signature,
    params: Uint32Array.from({ length: Math.ceil(fields.length / 4) * 4 }, (_, i) => {
      const name = names[i];
      return name === undefined ? 0 : (values[name] ?? 0);
    }),
  };
}

/** A packed tensor's reader also asks for a parameter: the first word of the scales. */
function readerOf(
  name: string,
  { unit }: ReadBinding,
  { dtype }: WebGpuTensor,
  { layout }: TensorPart,
  values: Record<string, number>,
): Reader {
  if (!isPacked(dtype) || layout === null) return reader(name, `${name}Data`, dtype, unit);
  values[`${name}Scales`] = layout.scaleStart / 4;
  return packedReader(name, `${name}Data`, dtype, layout.groupShift, unit);
}

/** The accessor over a matrix in several buffers: asks the reader of the one that has the element. */
function joinedReader(
  { name, unit }: ReadBinding,
  { dtype, parts }: WebGpuTensor,
  names: readonly string[],
  values: Record<string, number>,
): string {
  const size = `params.${name}Part`;
  values[`${name}Part`] = (parts[0]?.size ?? 0) / unit;
  const result = dtype === "i32" ? "i32" : unit === 4 ? "vec4<f32>" : "f32";
  const last = names.length - 1;
  const branches = names
    .slice(0, last)
    .map((part, p) => `  if (i < ${p + 1}u * ${size}) { return ${part}(i - ${p}u * ${size}); }`);
  return `fn ${name}(i: u32) -> ${result} {
${branches.join("\n")}
  return ${names[last]}(i - ${last}u * ${size});
}`;
}
