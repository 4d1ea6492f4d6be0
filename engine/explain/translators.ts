import type { Backend } from "../backend/backend.ts";
import type { DeviceTensor } from "../backend/deviceTensor.ts";
import { InputError } from "../base/errors.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { deviceWeight } from "./deviceWeight.ts";

/** Tensors of a tuned lens by their names: "0.weight" (M, M), "0.bias" (M), and so on for each layer, as `readSafetensors` gives them. */
export type Translators = ReadonlyMap<string, Tensor>;

/** The affine map of one layer, on the device: x becomes x + weight x + bias. */
export interface Translator {
  readonly weight: DeviceTensor;
  readonly bias: DeviceTensor | null;
}

/**
 * Number of the translator for a residual site: that of layer i reads what enters block i. The last block's output has none, since the
 * head itself was trained for it.
 * @returns null where the site is the last block's output
 * @throws InputError ERR_OPTION for a site in the middle of a block
 * @see arXiv:2303.08112 section 3
 */
export function translatorOf(site: string, nLayers: number): number | null {
  const [, block = "", place] = /^blocks\.(\d+)\.hook_resid_(pre|post)$/.exec(site) ?? [];
  if (place === undefined)
    throw new InputError(
      "ERR_OPTION",
      `lens translators: expected sites between blocks, hook_resid_pre or hook_resid_post, got ${site}. A tuned lens has no translator for it: leave the site out.`,
    );
  const layer = Number(block) + (place === "post" ? 1 : 0);
  return layer === nLayers ? null : layer;
}

/**
 * Puts one translator on the device.
 * @throws InputError ERR_OPTION where the tensors are not there, or of another shape
 */
export function openTranslator(
  backend: Backend,
  translators: Translators,
  layer: number,
  dModel: number,
): Translator {
  const weight = translators.get(`${layer}.weight`);
  const bias = translators.get(`${layer}.bias`);
  if (weight === undefined)
    throw wrong(`a tensor "${layer}.weight"`, `${translators.size} tensors without it`);
  checkShape(`${layer}.weight`, weight, [dModel, dModel]);
  if (bias !== undefined) checkShape(`${layer}.bias`, bias, [dModel]);
  const opened: DeviceTensor[] = [];
  try {
    const put = (name: string, given: Tensor) => {
      const tensor = deviceWeight(backend, name, given);
      opened.push(tensor);
      return tensor;
    };
    return {
      weight: put("translator.weight", weight),
      bias: bias === undefined ? null : put("translator.bias", bias),
    };
  } catch (error) {
    for (const tensor of opened) backend.free(tensor);
    throw error;
  }
}

export function closeTranslator(backend: Backend, { weight, bias }: Translator): void {
  backend.free(weight);
  if (bias !== null) backend.free(bias);
}

function checkShape(name: string, { shape }: Tensor, wanted: readonly number[]): void {
  if (shape.length === wanted.length && shape.every((size, i) => size === wanted[i])) return;
  throw wrong(`${name} of shape (${wanted.join(", ")})`, `(${shape.join(", ")})`);
}

function wrong(expected: string, got: string): InputError {
  return new InputError(
    "ERR_OPTION",
    `lens translators: expected ${expected}, got ${got}. Read the params of a tuned lens for this model with readSafetensors.`,
  );
}
