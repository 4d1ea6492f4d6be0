import { Allocator } from "./allocator.ts";
import type { Instance } from "./instantiateKernels.ts";
import type { Kernels } from "./kernels.ts";
import type { MemoryBudget } from "./memoryBudget.ts";
import { PanelWriter } from "./panelWriter.ts";
import { Scratch } from "./scratch.ts";

/** One memory of the backend, with what works in it. */
export interface KernelMemory {
  readonly number: number;
  /** The main thread's. */
  readonly kernels: Kernels;
  readonly allocator: Allocator;
  readonly scratch: Scratch;
  /** Where rows of activations lie as whole numbers while a product reads them. */
  readonly integers: Scratch;
  /** Where copies of rows lie that are computed with weights of this memory. */
  readonly staged: Scratch;
  readonly panels: PanelWriter;
}

export function kernelMemory(
  number: number,
  memory: WebAssembly.Memory,
  { kernels }: Instance,
  maxBytes: number,
  budget: MemoryBudget,
): KernelMemory {
  const allocator = new Allocator(memory, kernels.heapBase(), maxBytes, budget);
  const scratch = new Scratch(allocator);
  return {
    ...{ number, kernels, allocator, scratch },
    integers: new Scratch(allocator),
    staged: new Scratch(allocator),
    panels: new PanelWriter(memory, kernels, scratch),
  };
}
