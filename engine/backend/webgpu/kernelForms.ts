import { operatorTensors } from "../checkOperator.ts";
import type { DeviceTensor } from "../deviceTensor.ts";
import type { Operator } from "../operators.ts";
import type { Shader } from "./shader.ts";
import { own } from "./tensor.ts";

/** What kernels share that differ in nothing but their buffers, made when the first of them has work. */
export interface KernelForm {
  shader: Shader | null;
  /** Where the device has the shader's parameters. */
  params: GPUBufferBinding | null;
}

/** Operators whose forms are kept: after that many, all are made anew. */
const MOST_FORMS = 4096;

/**
 * The forms of a device's kernels. To write a shader and to find its pipeline by its text takes longer than all else of a kernel,
 * and layers, frames and edited plans are made of operators of the same forms.
 */
export class KernelForms {
  readonly #forms = new Map<string, KernelForm[]>();

  /** Those of the kernels of an operator, or of several that are carried out together, by their place among them. */
  of(...ops: readonly Operator[]): (k: number) => KernelForm {
    const key = formOf(...ops);
    const forms = this.#forms.get(key) ?? [];
    if (forms.length === 0) {
      if (this.#forms.size === MOST_FORMS) this.#forms.clear();
      this.#forms.set(key, forms);
    }
    return (k) => {
      forms[k] ??= newForm();
      return forms[k];
    };
  }
}

export const newForm = (): KernelForm => ({ shader: null, params: null });

/** All of operators but the buffers of their tensors, which stand by the order in which they first come. */
export function formOf(...ops: readonly Operator[]): string {
  const places = new Map<DeviceTensor, number>();
  return ops.map((op) => placedForm(op, places)).join("|");
}

function placedForm(op: Operator, places: Map<DeviceTensor, number>): string {
  const tensors = new Map(operatorTensors(op));
  return Object.entries(op)
    .map(([field, value]) => {
      const tensor = tensors.get(field);
      if (tensor === undefined) return `${field}=${textOf(value)}`;
      const place = places.get(tensor) ?? places.size;
      places.set(tensor, place);
      const { dtype, shape, parts } = own(tensor);
      const sizes = parts.length > 1 ? parts.map(({ size }) => size) : [];
      return `${field}@${place} ${dtype} ${shape.join()} ${sizes.join()}`;
    })
    .join(";");
}

/** Tells numbers apart that are not the same, zeros of both signs too. */
function textOf(value: unknown): string {
  if (typeof value !== "object" || value === null)
    return Object.is(value, -0) ? "-0" : String(value);
  return `{${Object.entries(value).map(([key, inner]) => `${key}=${textOf(inner)}`)}}`;
}
