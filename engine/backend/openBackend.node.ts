import { checkOptions, type OptionNames } from "../base/checkOptions.ts";
import { InputError } from "../base/errors.ts";
import type { Arithmetic, Backend, BackendName } from "./backend.ts";
import { createCpuBackend } from "./cpu/cpuBackend.ts";
import { offloadExperts } from "./offload/offloadExperts.ts";
import { createReferenceBackend } from "./reference/referenceBackend.ts";
import { adapterName, describeAdapter } from "./webgpu/adapter.ts";
import { createWebGpuBackend } from "./webgpu/createWebGpuBackend.ts";
import { readTuning } from "./webgpu/tune/tunings.node.ts";
import {
  type NodeAdapter,
  requestNodeAdapter,
  requireNodeAdapter,
} from "./webgpu/webgpuAdapter.node.ts";

export type BackendChoice = "auto" | BackendName;

export interface OpenBackendOptions {
  /** Of the cpu backend, where that is taken; see CpuBackendOptions. */
  readonly threads?: number | undefined;
  /** Default "exact"; "i16" is of the cpu backend alone, "i8" of webgpu. */
  readonly arithmetic?: Arithmetic | undefined;
  /** Default: all experts lie on the device. See offloadExperts. */
  readonly expertCacheBytes?: number | undefined;
}

const OPEN_BACKEND_OPTIONS: OptionNames<OpenBackendOptions> = {
  threads: true,
  arithmetic: true,
  expertCacheBytes: true,
};

export interface OpenedBackend {
  readonly backend: Backend;
  /** Why this one, in words. */
  readonly reason: string;
}

/** Of each arithmetic but the exact one, the backend that alone has it. */
const OWNERS: Readonly<Record<Exclude<Arithmetic, "exact">, BackendName>> = {
  i16: "cpu",
  i8: "webgpu",
};

const CHOICES: readonly BackendChoice[] = ["auto", "webgpu", "cpu", "reference"];

/**
 * Opens a backend. "auto" takes a hardware adapter through WebGPU where there is one, else the cpu, which is faster than
 * WebGPU rendered in software, or where the arithmetic "i16" is asked for, which the cpu alone has; asking for "webgpu" by name, or for
 * the arithmetic "i8", takes any adapter.
 * Products take the forms that `vitrine tune` found for the adapter, where it was tuned.
 * @throws InputError ERR_OPTION; BackendError ERR_NO_ADAPTER, ERR_NO_DEVICE, ERR_TUNING, ERR_THREADS
 */
export async function openBackend(
  choice: BackendChoice = "auto",
  options: OpenBackendOptions = {},
): Promise<OpenedBackend> {
  checkOptions("openBackend", options, OPEN_BACKEND_OPTIONS);
  const opened = await openWhole(choice, options);
  const { expertCacheBytes } = options;
  if (expertCacheBytes === undefined) return opened;
  try {
    return { ...opened, backend: offloadExperts(opened.backend, expertCacheBytes) };
  } catch (error) {
    opened.backend.dispose();
    throw error;
  }
}

/** With all experts on the device. */
async function openWhole(
  choice: BackendChoice,
  options: OpenBackendOptions,
): Promise<OpenedBackend> {
  const { threads, arithmetic = "exact" } = options;
  if (arithmetic !== "exact" && choice !== "auto" && choice !== OWNERS[arithmetic])
    throw otherArithmetic(arithmetic, choice);
  if (threads !== undefined && (choice === "webgpu" || choice === "reference"))
    throw new InputError(
      "ERR_OPTION",
      `threads: expected none with the backend ${choice}, got ${JSON.stringify(threads)}. Leave it out, or take the backend cpu.`,
    );
  switch (choice) {
    case "reference":
      return { backend: createReferenceBackend(), reason: "asked for by name" };
    case "cpu":
      return openCpu("asked for by name", options);
    case "webgpu":
      return openWebGpu(await requireNodeAdapter(), "asked for by name", options);
    case "auto":
      return openBest(options);
    default:
      throw new InputError(
        "ERR_OPTION",
        `backend: expected ${CHOICES.join(", ")}, got ${JSON.stringify(choice)}. Leave it out to let the engine choose.`,
      );
  }
}

function otherArithmetic(
  arithmetic: Exclude<Arithmetic, "exact">,
  choice: BackendName,
): InputError {
  const own = Object.entries(OWNERS).flatMap(([name, owner]) => (owner === choice ? [name] : []));
  const expected = ["exact", ...own].map((name) => JSON.stringify(name)).join(" or ");
  const owner = OWNERS[arithmetic] as BackendName | undefined; // the arithmetic is from outside
  return new InputError(
    "ERR_OPTION",
    `arithmetic: expected ${expected} with the backend ${choice}, got ${JSON.stringify(arithmetic)}. Leave it out${owner ? `, or take the backend ${owner}` : ""}.`,
  );
}

async function openBest(options: OpenBackendOptions): Promise<OpenedBackend> {
  const { arithmetic = "exact" } = options;
  if (arithmetic === "i8")
    return openWebGpu(
      await requireNodeAdapter(),
      "auto: the arithmetic i8 is of webgpu alone",
      options,
    );
  if (arithmetic !== "exact")
    return openCpu(`auto: the arithmetic ${arithmetic} is of the cpu alone`, options);
  const found = await requestNodeAdapter();
  if (found === null) return openCpu("auto: no WebGPU adapter was found", options);
  const adapter = describeAdapter(found.adapter);
  const name = adapterName(adapter);
  if (adapter.software) {
    found.release();
    return openCpu(
      `auto: the WebGPU adapter (${name}) renders in software, slower than the cpu`,
      options,
    );
  }
  return openWebGpu(found, `auto: ${name} is a hardware adapter`, options);
}

async function openWebGpu(
  found: NodeAdapter,
  reason: string,
  { arithmetic }: OpenBackendOptions,
): Promise<OpenedBackend> {
  try {
    const products = await readTuning(describeAdapter(found.adapter));
    return {
      backend: await createWebGpuBackend({
        ...found,
        ...(products && { products }),
        ...(arithmetic === "i8" ? { arithmetic } : {}),
      }),
      reason,
    };
  } catch (error) {
    found.release();
    throw error;
  }
}

async function openCpu(reason: string, options: OpenBackendOptions): Promise<OpenedBackend> {
  const { threads, arithmetic } = options;
  const given = {
    ...(threads === undefined ? {} : { threads }),
    ...(arithmetic === undefined ? {} : { arithmetic }),
  };
  return { backend: await createCpuBackend(given), reason };
}
