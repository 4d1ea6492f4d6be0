import { InputError } from "../base/errors.ts";
import type { Backend, BackendName } from "./backend.ts";
import { createCpuBackend } from "./cpu/cpuBackend.ts";
import { createReferenceBackend } from "./reference/referenceBackend.ts";
import { adapterName, describeAdapter } from "./webgpu/adapter.ts";
import { createWebGpuBackend } from "./webgpu/createWebGpuBackend.ts";
import {
  type NodeAdapter,
  requestNodeAdapter,
  requireNodeAdapter,
} from "./webgpu/webgpuAdapter.node.ts";

export type BackendChoice = "auto" | BackendName;

export interface OpenedBackend {
  readonly backend: Backend;
  /** Why this one, in words. */
  readonly reason: string;
}

const CHOICES: readonly BackendChoice[] = ["auto", "webgpu", "cpu", "reference"];

/**
 * Opens a backend. "auto" takes a hardware adapter through WebGPU where there is one, else the cpu, which is faster than
 * WebGPU rendered in software; asking for "webgpu" by name takes any adapter.
 * @throws InputError ERR_OPTION; BackendError ERR_NO_ADAPTER, ERR_NO_DEVICE
 */
export async function openBackend(choice: BackendChoice = "auto"): Promise<OpenedBackend> {
  switch (choice) {
    case "reference":
      return { backend: createReferenceBackend(), reason: "asked for by name" };
    case "cpu":
      return openCpu("asked for by name");
    case "webgpu":
      return openWebGpu(await requireNodeAdapter(), "asked for by name");
    case "auto":
      return openBest();
    default:
      throw new InputError(
        "ERR_OPTION",
        `backend: expected ${CHOICES.join(", ")}, got ${JSON.stringify(choice)}. Leave it out to let the engine choose.`,
      );
  }
}

async function openBest(): Promise<OpenedBackend> {
  const found = await requestNodeAdapter();
  if (found === null) return openCpu("auto: no WebGPU adapter was found");
  const adapter = describeAdapter(found.adapter);
  const name = adapterName(adapter);
  if (adapter.software) {
    found.release();
    return openCpu(`auto: the WebGPU adapter (${name}) renders in software, slower than the cpu`);
  }
  return openWebGpu(found, `auto: ${name} is a hardware adapter`);
}

async function openWebGpu(found: NodeAdapter, reason: string): Promise<OpenedBackend> {
  return { backend: await createWebGpuBackend(found), reason };
}

async function openCpu(reason: string): Promise<OpenedBackend> {
  return { backend: await createCpuBackend(), reason };
}
