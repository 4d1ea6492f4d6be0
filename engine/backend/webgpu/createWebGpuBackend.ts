import { checkOptions, type OptionNames } from "../../base/checkOptions.ts";
import { BackendError, InputError } from "../../base/errors.ts";
import { type AdapterDescription, describeAdapter, maximalLimits } from "./adapter.ts";
import {
  choiceOf,
  PRODUCT_STYLES,
  type ProductChoice,
  type ProductStyle,
  productChoice,
  usesSubgroups,
} from "./products/productChoice.ts";
import { canExchange, LEAST_SUBGROUP, type Subgroups, subgroupsOf } from "./products/subgroups.ts";
import { WebGpuBackend } from "./webGpuBackend.ts";

export interface WebGpuBackendOptions {
  /** From `navigator.gpu.requestAdapter()` or the Node module `webgpuAdapter.node.ts`. An adapter gives one device. */
  readonly adapter: GPUAdapter;
  /**
   * Of the GPU that the adapter is from, `wgslLanguageFeatures`; the Node module gives them. What needs one that is not named here
   * is left out.
   */
  readonly languageFeatures?: ReadonlySet<string>;
  /** Called once by `dispose`, e.g. to let go of what had to outlive the device. */
  readonly release?: () => void;
  /** Bytes of one binding at most; default: what the device allows. A smaller number splits matrices sooner. */
  readonly maxBindingBytes?: number;
  /**
   * How matrix products are shared out; no bit depends on it. Default: "workgroup" on hardware; on a software adapter
   * "subgroups" where it has any of 4 invocations or more, else "lanes".
   */
  readonly productStyle?: "workgroup" | "lanes" | "subgroups";
  /** Default "exact". "i8" is another function, if a near one, and wants `languageFeatures`; see Arithmetic. */
  readonly arithmetic?: "exact" | "i8";
  /** The forms of products one by one, as `vitrine tune` chose them, in the place of a style. */
  readonly products?: ProductChoice;
}

const WEBGPU_BACKEND_OPTIONS: OptionNames<WebGpuBackendOptions> = {
  adapter: true,
  languageFeatures: true,
  release: true,
  maxBindingBytes: true,
  productStyle: true,
  arithmetic: true,
  products: true,
};

/** Asked for where the adapter has them: times of operators, numbers exchanged in subgroups. */
const WANTED_FEATURES = ["timestamp-query", "subgroups"] as const;

/** Opens a device with the adapter's largest limits. @throws BackendError ERR_NO_DEVICE; InputError ERR_OPTION */
export async function createWebGpuBackend(options: WebGpuBackendOptions): Promise<WebGpuBackend> {
  checkOptions("createWebGpuBackend", options, WEBGPU_BACKEND_OPTIONS);
  const { adapter, release, maxBindingBytes } = options;
  const description = describeAdapter(adapter);
  const subgroups = subgroupsOf(adapter, options.languageFeatures);
  const products =
    options.products === undefined
      ? choiceOf(styleFor(subgroups, description, options.productStyle))
      : checkProducts(subgroups, options.products);
  const arithmetic = checkArithmetic(options);
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
    products,
    subgroups,
    arithmetic,
    onDispose: () => release?.(),
  });
}

/** Products of four signed bytes and their sum: the function of WGSL that "i8" is made of. */
const BYTE_PRODUCTS = "packed_4x8_integer_dot_product";

/** @throws InputError ERR_OPTION */
function checkArithmetic({
  arithmetic = "exact",
  languageFeatures,
}: WebGpuBackendOptions): "exact" | "i8" {
  if (arithmetic === "exact") return arithmetic;
  if (arithmetic !== "i8")
    throw new InputError(
      "ERR_OPTION",
      `arithmetic: expected "exact" or "i8" with the backend webgpu, got ${JSON.stringify(arithmetic)}. Leave it out for float32.`,
    );
  if (languageFeatures?.has(BYTE_PRODUCTS)) return arithmetic;
  throw new InputError(
    "ERR_OPTION",
    `arithmetic: expected the WGSL language feature ${BYTE_PRODUCTS} for "i8", got ${languageFeatures ? [...languageFeatures].sort().join(", ") || "none" : "no languageFeatures"}. Leave it out for float32, or update the browser or the package webgpu.`,
  );
}

/** @throws InputError ERR_OPTION for a style that is none, or that the adapter cannot carry out */
function styleFor(
  subgroups: Subgroups,
  { software }: AdapterDescription,
  asked: ProductStyle | undefined,
): ProductStyle {
  const hasSome = canExchange(subgroups);
  if (asked === undefined) return software ? (hasSome ? "subgroups" : "lanes") : "workgroup";
  if (!PRODUCT_STYLES.includes(asked) || (asked === "subgroups" && !hasSome))
    throw new InputError(
      "ERR_OPTION",
      `createWebGpuBackend: expected productStyle to be one of ${PRODUCT_STYLES.join(", ")}, with "subgroups" only where the adapter has them of ${LEAST_SUBGROUP} invocations or more, got ${JSON.stringify(asked)} on an adapter whose smallest have ${subgroups.least}. Leave it out.`,
    );
  return asked;
}

/** @throws InputError ERR_OPTION */
function checkProducts(subgroups: Subgroups, asked: ProductChoice): ProductChoice {
  const products = productChoice(asked);
  if (products !== null && (!usesSubgroups(products) || canExchange(subgroups))) return products;
  throw new InputError(
    "ERR_OPTION",
    `createWebGpuBackend: expected products as vitrine tune chooses them, with subgroups only where the adapter has them of ${LEAST_SUBGROUP} invocations or more, got ${JSON.stringify(asked)} on an adapter whose smallest have ${subgroups.least}. Leave them out.`,
  );
}
