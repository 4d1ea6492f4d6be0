import type { DeviceTensor } from "../backend.ts";
import { isPacked } from "../packed.ts";
import type { Kernel, ReadBinding } from "./kernel.ts";
import { own } from "./tensor.ts";
import { packedReader } from "./wgsl/packedReader.ts";
import { type Reader, reader } from "./wgsl/reader.ts";

/** A kernel's WGSL and its bind group: the tensors in order, then the step's uniform, then the parameters'. */
export interface Shader {
  readonly source: string;
  readonly tensors: readonly DeviceTensor[];
  /** "r" or "w" per tensor: kernels that agree share a bind group layout. */
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
  for (const binding of kernel.bindings) {
    if (binding.access === "write") {
      variable("storage, read_write", binding.name, `array<${binding.element}>`);
      continue;
    }
    const data = `${binding.name}Data`;
    const { storage, source } = readerOf(binding, data, values);
    variable("storage, read", data, `array<${storage}>`);
    accessors.push(source);
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
    signature: kernel.bindings.map((binding) => binding.access[0]).join(""),
    params: Uint32Array.from({ length: Math.ceil(fields.length / 4) * 4 }, (_, i) => {
      const name = names[i];
      return name === undefined ? 0 : (values[name] ?? 0);
    }),
  };
}

/** A packed tensor's reader also asks for a parameter: the first word of the scales. */
function readerOf(
  { name, tensor, unit }: ReadBinding,
  data: string,
  values: Record<string, number>,
): Reader {
  const { layout } = own(tensor);
  if (!isPacked(tensor.dtype) || layout === null) return reader(name, data, tensor.dtype, unit);
  values[`${name}Scales`] = layout.scaleStart / 4;
  return packedReader(name, data, tensor.dtype, layout.groupShift, unit);
}
