import { BackendError } from "../../base/errors.ts";
import { kernelsBase64, memoryFlagsAt } from "./kernels.generated.ts";
import type { Kernels } from "./kernels.ts";

/** An instance of the kernels on a memory, and what another thread needs to make one of its own. */
export interface Instance {
  readonly module: WebAssembly.Module;
  readonly kernels: Kernels;
  readonly exports: WebAssembly.Exports;
}

/** By whether the memory is shared. */
const compiled = new Map<boolean, Promise<WebAssembly.Module>>();

function compile(isShared: boolean): Promise<WebAssembly.Module> {
  const known = compiled.get(isShared);
  if (known !== undefined) return known;
  const bytes = decodeBase64(kernelsBase64);
  if (isShared) bytes[memoryFlagsAt] = 3; // a maximum, and shared
  const module = WebAssembly.compile(bytes);
  compiled.set(isShared, module);
  return module;
}

/** Compiles the kernels once per process and kind of memory, and instantiates them on a memory. @throws BackendError ERR_WASM_SIMD */
export async function instantiateKernels(
  memory: WebAssembly.Memory,
  isShared: boolean,
): Promise<Instance> {
  try {
    const module = await compile(isShared);
    const { exports } = await WebAssembly.instantiate(module, { env: { memory } });
    return { module, exports, kernels: exports as unknown as Kernels };
  } catch (cause) {
    throw new BackendError(
      "ERR_WASM_SIMD",
      `cpu: expected an engine with WebAssembly SIMD, got ${String(cause)}. Use Node 20 or a browser of 2021 or later.`,
      { cause },
    );
  }
}

/** The same kernels on one more memory of that kind. */
export function instantiateAgain(module: WebAssembly.Module, memory: WebAssembly.Memory): Instance {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  return { module, exports, kernels: exports as unknown as Kernels };
}

function decodeBase64(base64: string): Uint8Array<ArrayBuffer> {
  const binary = atob(base64);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}
