import type { DeviceTensor } from "../backend/deviceTensor.ts";
import { checkOptions, type OptionNames } from "../base/checkOptions.ts";
import { InputError } from "../base/errors.ts";
import { nearest } from "../base/nearest.ts";
import type { ModelDevice } from "../execute/modelDevice.ts";
import { type IndexOrRange, resolveRange } from "../tensor/indexRange.ts";
import { Tensor } from "../tensor/tensor.ts";
import { weightRows } from "./weightRows.ts";

/** Which part of a weight to read. */
export interface WeightOptions {
  /** Of the first axis: one index drops it, [start, end) keeps it. Default: all. */
  readonly rows?: IndexOrRange;
}

const WEIGHT_OPTIONS: OptionNames<WeightOptions> = { rows: true };

/** @throws InputError ERR_OPTION, ERR_SELECTION, ERR_WEIGHT_UNKNOWN; BackendError ERR_DISPOSED */
export async function readWeight(
  device: ModelDevice,
  name: string,
  options: WeightOptions,
): Promise<Tensor> {
  checkOptions("weight", options, WEIGHT_OPTIONS);
  const tensor = namedWeight(device, "weight", name);
  const [first = 1, ...rest] = tensor.shape;
  const { start, count, single } = resolveRange(options.rows, first, `weight ${name}: rows`);
  const data = await weightRows(device, name, start, count);
  return new Tensor(data, single ? rest : [count, ...rest]);
}

/** @throws InputError ERR_WEIGHT_UNKNOWN */
export function namedWeight({ weights }: ModelDevice, what: string, name: string): DeviceTensor {
  const tensor = weights.get(name);
  if (tensor !== undefined) return tensor;
  throw new InputError(
    "ERR_WEIGHT_UNKNOWN",
    `${what}: expected a name of model.plan.weights, got ${JSON.stringify(name)}. Did you mean ${nearest(name, [...weights.keys()]).join(", ")}?`,
  );
}
