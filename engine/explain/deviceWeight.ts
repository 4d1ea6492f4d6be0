import type { Backend } from "../backend/backend.ts";
import type { DeviceTensor } from "../backend/deviceTensor.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** Puts numbers of the host where operators look for a weight, as f32. */
export function deviceWeight(
  backend: Backend,
  name: string,
  { data, shape }: Pick<Tensor, "data" | "shape">,
): DeviceTensor {
  const tensor = backend.allocWeight(shape, "f32", name);
  try {
    const { buffer, byteOffset, byteLength } = Float32Array.from(data);
    const bytes = new Uint8Array(buffer, byteOffset, byteLength);
    backend.writeWeight(tensor, 0, { dtype: "f32", data: bytes });
    return tensor;
  } catch (error) {
    backend.free(tensor);
    throw error;
  }
}
