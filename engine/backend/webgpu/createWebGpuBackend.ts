import { checkOptions, type OptionNames } from "../../base/checkOptions.ts";
import { BackendError, InputError } from "../../base/errors.ts";
import { type AdapterDescription, describeAdapter, maximalLimits } from "./adapter.ts";
import { LEAST_SUBGROUP, PRODUCT_STYLES, type ProductStyle } from "./products/productForms.ts";
import { WebGpuBackend } from "./webGpuBackend.ts";

export interface WebGpuBackendOptions {
  /** From `navigator.gpu.requestAdapter()` or the Node module `webgpuAdapter.node.ts`. An adapter gives one device. */
  readonly adapter: GPUAdapter;
  /** Called once by `dispose`, e.g. to let go of what had to outlive the device. */
  readonly release?: () => void;
  /** Bytes of one binding at most; default: what the device allows. A smaller number splits matrices sooner. */
  readonly maxBindingBytes?: number;
  /**
   * How matrix products are shared out; no bit depends on it. Default: "workgroup" on hardware; on a software adapter
   * "subgroups" where it has any of 8 invocations or more, else "lanes".
   */
  readonly productStyle?: "workgroup" | "lanes" | "subgroups";
}

const WEBGPU_BACKEND_OPTIONS: OptionNames<WebGpuBackendOptions> = {
  adapter: true,
  release: true,
  maxBindingBytes: true,
  productStyle: true,
};

/** Asked for where the adapter has them: times of operators, numbers exchanged in subgroups. */
const WANTED_FEATURES = ["timestamp-query", "subgroups"] as const;

/** Opens a device with the adapter's largest limits. @throws BackendError ERR_NO_DEVICE; InputError ERR_OPTION */
export async function createWebGpuBackend(options: WebGpuBackendOptions): Promise<WebGpuBackend> {
  checkOptions("createWebGpuBackend", options, WEBGPU_BACKEND_OPTIONS);
  const { adapter, release, maxBindingBytes } = options;
  const description = describeAdapter(adapter);
  const style = styleFor(adapter, description, options.productStyle);
  let device: GPUDevice;
  try {
    device = await adapter.requestDevice({
      label: "vitrine",
      requiredFeatures: WANTED_FEATURES.filter((feature) => adapter.features.has(feature)),
      requiredLimits: maximalLimits(adapter),
    });
  } catch (cause) {
    throw new BackendError(
      "ERR_NO_DEVICE",
      `webgpu: expected a device from ${description.description || description.device}, got: ${cause instanceof Error ? cause.message : String(cause)}. Update the driver, or use backend "cpu".`,
      { cause },
    );
  }
  return new WebGpuBackend(device, description, {
    maxBindingBytes: maxBindingBytes ?? Number.POSITIVE_INFINITY,
    style,
    onDispose: () => release?.(),
  });
}

/** @throws InputError ERR_OPTION for a style that is none, or that the adapter cannot carry out */
function styleFor(
  adapter: GPUAdapter,
  { software }: AdapterDescription,
  asked: ProductStyle | undefined,
): ProductStyle {
  const least = adapter.features.has("subgroups") ? (adapter.info.subgroupMinSize ?? 0) : 0;
  const hasSubgroups = least >= LEAST_SUBGROUP;
  if (asked === undefined) return software ? (hasSubgroups ? "subgroups" : "lanes") : "workgroup";
  if (!PRODUCT_STYLES.includes(asked) || (asked === "subgroups" && !hasSubgroups))
    throw new InputError(
      "ERR_OPTION",
      `createWebGpuBackend: expected productStyle to be one of ${PRODUCT_STYLES.join(", ")}, with "subgroups" only where the adapter has them of ${LEAST_SUBGROUP} invocations or more, got ${JSON.stringify(asked)} on an adapter whose smallest have ${least}. Leave it out.`,
    );
  return asked;
}
