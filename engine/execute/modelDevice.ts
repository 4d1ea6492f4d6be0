import type { Backend } from "../backend/backend.ts";
import type { DeviceTensor } from "../backend/deviceTensor.ts";
import { Mutex } from "../base/mutex.ts";
import type { ModelSpec } from "../model/spec.ts";
import type { FrameOwner } from "./frameOwner.ts";
import { FramePool } from "./framePool.ts";
import { Plans } from "./plans.ts";
import type { TensorGroup } from "./tensorGroup.ts";

export interface ModelDeviceParts {
  readonly backend: Backend;
  readonly spec: ModelSpec;
  readonly weights: ReadonlyMap<string, DeviceTensor>;
  /** @throws BackendError ERR_DISPOSED after the model was disposed */
  readonly assertLive: () => void;
}

/** A loaded model as its runs see it: a backend with the weights on it, and what all runs share. */
export class ModelDevice implements FrameOwner {
  readonly backend: Backend;
  readonly spec: ModelSpec;
  readonly weights: ReadonlyMap<string, DeviceTensor>;
  /** Steps of all runs go through here one at a time. */
  readonly mutex = new Mutex();
  /** What runs and frames hold on the device. */
  readonly groups = new Set<TensorGroup>();
  readonly plans: Plans;
  readonly frames: FramePool;
  /** @throws BackendError ERR_DISPOSED after the model was disposed */
  readonly assertLive: () => void;

  constructor({ backend, spec, weights, assertLive }: ModelDeviceParts) {
    this.backend = backend;
    this.spec = spec;
    this.weights = weights;
    this.assertLive = assertLive;
    this.plans = new Plans(spec);
    this.frames = new FramePool(this);
  }

  /** Makes room on the device. @returns whether there was any to make */
  freeIdle(): boolean {
    return this.frames.freeIdle();
  }

  /** Frees what frames and all runs hold. */
  freeAll(): void {
    this.frames.freeIdle();
    for (const group of this.groups) group.freeAll();
  }
}
