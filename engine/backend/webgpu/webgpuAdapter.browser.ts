/** The page's adapter, or null where the browser has no WebGPU or finds no adapter. */
export async function requestBrowserAdapter(): Promise<GPUAdapter | null> {
  const gpu: GPU | undefined = navigator.gpu;
  return (await gpu?.requestAdapter({ powerPreference: "high-performance" })) ?? null;
}
