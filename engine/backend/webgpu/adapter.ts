/** What an adapter says of itself, for `vitrine doctor`, for `backend: "auto"` and for records. */
export interface AdapterDescription {
  readonly vendor: string;
  readonly architecture: string;
  /** Product name as the driver gives it; may be empty. */
  readonly device: string;
  /** Driver or renderer in words, e.g. "llvmpipe: Mesa 25.0.7 (LLVM 15.0.6)"; may be empty in a browser. */
  readonly description: string;
  readonly isFallback: boolean;
  /** Rendered by the processor: llvmpipe, lavapipe, SwiftShader, WARP. */
  readonly software: boolean;
  readonly features: readonly string[];
  readonly limits: Readonly<Record<LimitName, number>>;
}

/** Limits the engine raises to the adapter's own maximum. */
const RAISED_LIMITS = [
  "maxStorageBufferBindingSize",
  "maxBufferSize",
  "maxStorageBuffersPerShaderStage",
  "maxComputeWorkgroupStorageSize",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupSizeX",
  "maxComputeWorkgroupSizeY",
  "maxComputeWorkgroupSizeZ",
  "maxComputeWorkgroupsPerDimension",
] as const;

export type LimitName = (typeof RAISED_LIMITS)[number];

const SOFTWARE =
  /llvmpipe|lavapipe|softpipe|swiftshader|software|\bwarp\b|microsoft basic render|\bcpu\b/i;

export function describeAdapter(adapter: GPUAdapter): AdapterDescription {
  const { vendor, architecture, device, description } = adapter.info;
  const isFallback = adapter.info.isFallbackAdapter;
  return {
    vendor,
    architecture,
    device,
    description,
    isFallback,
    software: isFallback || SOFTWARE.test([vendor, architecture, device, description].join(" ")),
    features: [...adapter.features].sort(),
    limits: maximalLimits(adapter),
  };
}

/** The adapter's own values of the limits a device has to ask for. */
export function maximalLimits(adapter: GPUAdapter): Record<LimitName, number> {
  const limits = {} as Record<LimitName, number>;
  for (const name of RAISED_LIMITS) limits[name] = adapter.limits[name];
  return limits;
}

/** One line for people: the most telling names the adapter gives. */
export function adapterName(adapter: AdapterDescription): string {
  const named = adapter.device || adapter.description;
  const parts = [adapter.vendor, adapter.architecture, named].filter((part) => part !== "");
  return adapter.software && adapter.description !== ""
    ? adapter.description
    : parts.join(" ") || "unnamed adapter";
}

/** Names an adapter with its driver: what is measured on one holds for no other. */
export type AdapterNames = Pick<
  AdapterDescription,
  "vendor" | "architecture" | "device" | "description"
>;

export function adapterKey({ vendor, architecture, device, description }: AdapterNames): string {
  return [vendor, architecture, device, description].join(" / ");
}
