import type { DeviceTensor } from "../backend.ts";
import type { Kernel } from "./kernel.ts";
import { reader } from "./wgsl/reader.ts";

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
  for (const binding of kernel.bindings) {
    if (binding.access === "write") {
      variable("storage, read_write", binding.name, `array<${binding.element}>`);
      continue;
    }
    const data = `${binding.name}Data`;
    const { storage, source } = reader(binding.name, data, binding.tensor.dtype, binding.unit);
    variable("storage, read", data, `array<${storage}>`);
    accessors.push(source);
  }
  variable("uniform", "step", "Step");
  variable("uniform", "params", "Params");
  const names = Object.keys(kernel.params);
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
      return name === undefined ? 0 : (kernel.params[name] ?? 0);
    }),
  };
}
