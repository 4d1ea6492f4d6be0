import { rowSize } from "../backend/tensorSize.ts";
import { onDevice, type RunState, stored } from "../look/runState.ts";
import { sliceTensor } from "../look/sliceTensor.ts";
import type { PlanValue } from "../plan/plan.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { recordedShape } from "./planValues.ts";

/** A stored value as records have it: the rows of the run's tokens, without columns for positions behind them. */
export function readValue(
  state: RunState,
  value: PlanValue,
  nTokens = state.nTokens,
): Promise<Tensor> {
  return onDevice(state, async () => {
    const tensor = stored(state, value.name);
    const data = await state.device.backend.read(tensor, 0, nTokens * rowSize(tensor));
    const ranges = recordedShape(value, nTokens).map((count) => ({
      start: 0,
      count,
      single: false,
    }));
    const shape = [nTokens, ...tensor.shape.slice(1)];
    return sliceTensor(data, shape, shape.map(String), ranges);
  });
}
