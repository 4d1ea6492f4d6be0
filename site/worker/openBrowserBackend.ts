import type { Backend } from "../../engine/backend/backend.ts";
import { createCpuBackend } from "../../engine/backend/cpu/cpuBackend.ts";
import { adapterName, describeAdapter } from "../../engine/backend/webgpu/adapter.ts";
import { createWebGpuBackend } from "../../engine/backend/webgpu/createWebGpuBackend.ts";
import { requestBrowserAdapter } from "../../engine/backend/webgpu/webgpuAdapter.browser.ts";
import { BackendError } from "../../engine/base/errors.ts";
import type { BackendWish, ReadyModel } from "../messages.ts";

/** A backend, and what there is to say about it. */
export interface BrowserBackend extends Pick<ReadyModel, "backend" | "device" | "reason"> {
  readonly opened: Backend;
}

/**
 * Opens a backend in a page or a worker. "auto" takes a hardware adapter through WebGPU where there is one, else WebAssembly, which is
 * faster than WebGPU rendered in software; "webgpu" takes any adapter.
 * @throws BackendError ERR_NO_ADAPTER, ERR_NO_DEVICE, ERR_WASM_SIMD
 */
export async function openBrowserBackend(wish: BackendWish): Promise<BrowserBackend> {
  if (wish === "wasm") return openWasm("as chosen");
  const adapter = await requestBrowserAdapter();
  if (wish === "auto") {
    if (adapter === null) return openWasm("this browser gives no WebGPU adapter");
    const described = describeAdapter(adapter);
    if (described.software) {
      const name = adapterName(described);
      return openWasm(`the WebGPU adapter (${name}) renders in software, slower than WebAssembly`);
    }
    return openWebGpu(adapter, "a hardware adapter");
  }
  if (adapter !== null) return openWebGpu(adapter, "as chosen");
  throw new BackendError(
    "ERR_NO_ADAPTER",
    `webgpu: expected a WebGPU adapter, got ${navigator.gpu ? "none from this browser" : "a browser, or a page without https, that has no WebGPU"}. Choose WebAssembly.`,
  );
}

async function openWebGpu(adapter: GPUAdapter, reason: string): Promise<BrowserBackend> {
  const device = adapterName(describeAdapter(adapter)) || "unnamed adapter";
  const languageFeatures = new Set<string>(navigator.gpu.wgslLanguageFeatures);
  const opened = await createWebGpuBackend({ adapter, languageFeatures });
  return { opened, backend: "webgpu", device, reason };
}

async function openWasm(reason: string): Promise<BrowserBackend> {
  const opened = await createCpuBackend();
  const { device, features } = opened.info;
  const threads = features.find((feature) => feature.startsWith("threads")) ?? "";
  return { opened, backend: "wasm", device: `${device}, ${threads}`, reason };
}
