import type { DeviceTensor } from "../backend/deviceTensor.ts";
import { elementCount } from "../backend/tensorSize.ts";
import type { ModelDevice } from "../execute/modelDevice.ts";
import type { Ref } from "../plan/plan.ts";
import type { Floats, WeightReader } from "./vjp.ts";

/** Weights of a model as floats, in turn with its steps; its backend has `readWeight`. */
export function weightReader(device: ModelDevice): WeightReader {
  const tensorOf = ({ name }: Ref): DeviceTensor => {
    const tensor = device.weights.get(name);
    if (tensor === undefined) throw new Error(`the model has no weight ${name}`);
    return tensor;
  };
  return {
    shape: (weight) => tensorOf(weight).shape,
    read: (weight, first = 0, count) =>
      device.mutex.run(async () => {
        device.assertLive();
        const { backend } = device;
        if (backend.readWeight === undefined)
          throw new Error(`${backend.info.name} reads no weights`);
        const tensor = tensorOf(weight);
        return (await backend.readWeight(
          tensor,
          first,
          count ?? elementCount(tensor) - first,
        )) as Floats;
      }),
  };
}
