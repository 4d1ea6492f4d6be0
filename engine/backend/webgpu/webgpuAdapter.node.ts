import { BackendError } from "../../base/errors.ts";
import { describeAdapter } from "./adapter.ts";
import { pollEagerly, pollSparingly } from "./dawnPolling.node.ts";
import { requestAdapterQuietly } from "./quietAdapter.node.ts";

/** Options for `createWebGpuBackend`. Until `release` is called the GPU object stays alive, and Dawn with it. */
export interface NodeAdapter {
  readonly adapter: GPUAdapter;
  /** Of WGSL, e.g. "packed_4x8_integer_dot_product". */
  readonly languageFeatures: ReadonlySet<string>;
  readonly release: () => void;
}

/** GPU objects whose adapter or device may still be in use: Dawn ends with the last reference to them. */
const held = new Set<GPU>();

export interface NodeAdapterOptions {
  /** Flags for Dawn, e.g. "backend=vulkan", "adapter=NAME", "enable-dawn-features=...". */
  readonly flags?: readonly string[];
}

/** Dawn tells times in steps of a tenth of a millisecond otherwise, as browsers do, which is longer than most operators take. */
const WHOLE_TIMESTAMPS = "disable-dawn-features=timestamp_quantization";

/**
 * The fastest adapter Dawn finds, or null if there is none. With REQUIRE_GPU=1 in the environment none is an error.
 * @throws BackendError ERR_NO_ADAPTER
 */
export async function requestNodeAdapter(
  options: NodeAdapterOptions = {},
): Promise<NodeAdapter | null> {
  const found = await tryAdapter(options.flags ?? []);
  if ("adapter" in found) return found;
  if (process.env.REQUIRE_GPU === "1") throw noAdapter(found.reason, found.cause);
  return null;
}

/** @throws BackendError ERR_NO_ADAPTER */
export async function requireNodeAdapter(options: NodeAdapterOptions = {}): Promise<NodeAdapter> {
  const found = await tryAdapter(options.flags ?? []);
  if ("adapter" in found) return found;
  throw noAdapter(found.reason, found.cause);
}

async function tryAdapter(
  flags: readonly string[],
): Promise<NodeAdapter | { reason: string; cause?: unknown }> {
  try {
    const { create, globals } = await import("webgpu");
    pollSparingly(globals);
    const gpu = create([WHOLE_TIMESTAMPS, ...flags]);
    const adapter = await requestAdapterQuietly(gpu, { powerPreference: "high-performance" });
    if (!adapter) return { reason: "no adapter" };
    pollEagerly(globals, !describeAdapter(adapter).software);
    held.add(gpu);
    const languageFeatures = new Set<string>(gpu.wgslLanguageFeatures);
    return { adapter, languageFeatures, release: () => void held.delete(gpu) };
  } catch (cause) {
    return { reason: cause instanceof Error ? cause.message : String(cause), cause };
  }
}

function noAdapter(reason: string, cause: unknown): BackendError {
  return new BackendError(
    "ERR_NO_ADAPTER",
    `webgpu: expected a WebGPU adapter, got: ${reason}. Install a Vulkan, Metal or Direct3D 12 driver (on Debian without a GPU: apt-get install mesa-vulkan-drivers), or use backend "cpu".`,
    { cause },
  );
}
