import type { DeviceRecord } from "../trace/schema.ts";

/** 10^9: a sheet's "80 GB" are at least as many bytes. */
const GB = 1e9;
const TFLOPS = 1e12;

/** The table was written on this day, from figures that the makers publish. */
const WRITTEN = "2026-11-30";

/**
 * Devices by their data sheets. FLOP/s are dense: where a sheet gives tensor cores with sparsity, half of it; of bf16 and fp8 with
 * sums in f32. f32 is of the plain units. Few sheets name a rent; where none is named here, tell your own.
 */
export const DEVICES: Readonly<Record<string, DeviceRecord>> = {
  a100: {
    name: "NVIDIA A100 80GB SXM",
    source: "NVIDIA A100 Tensor Core GPU data sheet, A100 80GB SXM",
    date: WRITTEN,
    bytesPerSecond: 2039 * GB,
    flopsPerSecond: { f32: 19.5 * TFLOPS, bf16: 312 * TFLOPS },
    memoryBytes: 80 * GB,
    usdPerHour: null,
  },
  h100: {
    name: "NVIDIA H100 SXM",
    source:
      "NVIDIA H100 Tensor Core GPU architecture white paper, H100 SXM5; data sheet for the memory",
    date: WRITTEN,
    bytesPerSecond: 3350 * GB,
    flopsPerSecond: { f32: 66.9 * TFLOPS, bf16: 989.4 * TFLOPS, fp8: 1978.9 * TFLOPS },
    memoryBytes: 80 * GB,
    usdPerHour: null,
  },
  h800: {
    name: "NVIDIA H800 SXM",
    source:
      "as NVIDIA H100 SXM, with slower links and f64; rent as DeepSeek-V3's report assumes it, arXiv:2412.19437 table 1",
    date: WRITTEN,
    bytesPerSecond: 3350 * GB,
    flopsPerSecond: { f32: 66.9 * TFLOPS, bf16: 989.4 * TFLOPS, fp8: 1978.9 * TFLOPS },
    memoryBytes: 80 * GB,
    usdPerHour: 2,
  },
  h200: {
    name: "NVIDIA H200 SXM",
    source: "NVIDIA H200 Tensor Core GPU data sheet, H200 SXM",
    date: WRITTEN,
    bytesPerSecond: 4800 * GB,
    flopsPerSecond: { f32: 66.9 * TFLOPS, bf16: 989.4 * TFLOPS, fp8: 1978.9 * TFLOPS },
    memoryBytes: 141 * GB,
    usdPerHour: null,
  },
  b200: {
    name: "NVIDIA B200",
    source: "NVIDIA DGX B200 data sheet, an eighth of the system; f32 of HGX B200",
    date: WRITTEN,
    bytesPerSecond: 8000 * GB,
    flopsPerSecond: { f32: 75 * TFLOPS, bf16: 2250 * TFLOPS, fp8: 4500 * TFLOPS },
    memoryBytes: 180 * GB,
    usdPerHour: null,
  },
  l40s: {
    name: "NVIDIA L40S",
    source: "NVIDIA L40S data sheet",
    date: WRITTEN,
    bytesPerSecond: 864 * GB,
    flopsPerSecond: { f32: 91.6 * TFLOPS, bf16: 362.05 * TFLOPS, fp8: 733 * TFLOPS },
    memoryBytes: 48 * GB,
    usdPerHour: null,
  },
  "rtx-4090": {
    name: "NVIDIA GeForce RTX 4090",
    source: "NVIDIA Ada GPU architecture white paper, appendix A",
    date: WRITTEN,
    bytesPerSecond: 1008 * GB,
    flopsPerSecond: { f32: 82.6 * TFLOPS, bf16: 165.2 * TFLOPS, fp8: 330.3 * TFLOPS },
    memoryBytes: 24 * GB,
    usdPerHour: null,
  },
  "rtx-5090": {
    name: "NVIDIA GeForce RTX 5090",
    source: "NVIDIA RTX Blackwell GPU architecture white paper, appendix A",
    date: WRITTEN,
    bytesPerSecond: 1792 * GB,
    flopsPerSecond: { f32: 104.8 * TFLOPS, bf16: 209.5 * TFLOPS, fp8: 419 * TFLOPS },
    memoryBytes: 32 * GB,
    usdPerHour: null,
  },
  mi300x: {
    name: "AMD Instinct MI300X",
    source: "AMD Instinct MI300X accelerator data sheet",
    date: WRITTEN,
    bytesPerSecond: 5300 * GB,
    flopsPerSecond: { f32: 163.4 * TFLOPS, bf16: 1307.4 * TFLOPS, fp8: 2614.9 * TFLOPS },
    memoryBytes: 192 * GB,
    usdPerHour: null,
  },
  "m2-ultra": {
    name: "Apple M2 Ultra, 76-core GPU",
    source:
      "Apple's specifications of Mac Studio (2023) for the memory, of which the system takes a part; FLOP/s from 76 cores of 128 lanes at 1.398 GHz",
    date: WRITTEN,
    bytesPerSecond: 800 * GB,
    flopsPerSecond: { f32: 27.2 * TFLOPS },
    memoryBytes: 192 * GB,
    usdPerHour: null,
  },
};

/** The device of this name ("h100", "NVIDIA H100 SXM"), whatever its case; null where there is none. */
export function deviceNamed(name: string): DeviceRecord | null {
  const wanted = plain(name);
  const found = Object.entries(DEVICES).find(
    ([id, device]) => plain(id) === wanted || plain(device.name) === wanted,
  );
  return found?.[1] ?? null;
}

function plain(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, "");
}
