import type { Backend } from "../backend/backend.ts";
import type { DeviceTensor } from "../backend/deviceTensor.ts";
import type { Mutex } from "../base/mutex.ts";
import type { ModelSpec } from "../model/spec.ts";
import type { GroupOwner, TensorGroup } from "./tensorGroup.ts";

/** A loaded model as its runs see it: a backend with the weights on it. */
export interface ModelDevice extends GroupOwner {
  readonly backend: Backend;
  readonly spec: ModelSpec;
  readonly weights: ReadonlyMap<string, DeviceTensor>;
  /** Steps of all runs go through here one at a time. */
  readonly mutex: Mutex;
  /** What runs hold on the device; empty when none is alive. */
  readonly groups: Set<TensorGroup>;
  /** @throws BackendError ERR_DISPOSED after the model was disposed */
  assertLive(): void;
}
