import type { Backend } from "../backend/backend.ts";
import type { DeviceTensor } from "../backend/deviceTensor.ts";
import { Mutex } from "../base/mutex.ts";
import type { ModelSpec } from "../model/spec.ts";
import type { FrameOwner } from "./frameOwner.ts";
import { FramePool } from "./framePool.ts";
import { Plans } from "./plans.ts";
import { PrefixCache } from "./prefixCache.ts";
import type { TensorGroup } from "./tensorGroup.ts";

export interface ModelDeviceParts {
  readonly backend: Backend;
  readonly spec: ModelSpec;
  readonly weights: ReadonlyMap<string, DeviceTensor>;
  /** @throws BackendError ERR_DISPOSED after the model was disposed */
  readonly assertLive: () => void;
  /** For what sequences that have ended computed. Default 0: none of it is held. */
  readonly prefixCacheBytes?: number;
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
  readonly prefixes: PrefixCache;
  /** @throws BackendError ERR_DISPOSED after the model was disposed */
  readonly assertLive: () => void;

  constructor(parts: ModelDeviceParts) {
    const { backend, spec, weights, assertLive, prefixCacheBytes = 0 } = parts;
    this.backend = backend;
    this.spec = spec;
    this.weights = weights;
    this.assertLive = assertLive;
    this.plans = new Plans(spec);
    this.frames = new FramePool(this);
    this.prefixes = new PrefixCache(this, prefixCacheBytes);
  }

  /** Makes room on the device. @returns whether there was any to make */
  freeIdle(): boolean {
    const hadFrames = this.frames.freeIdle();
    return this.prefixes.freeAll() || hadFrames;
  }

  /** Frees what frames, the cache of prefixes and all runs hold. */
  freeAll(): void {
    this.freeIdle();
    for (const group of this.groups) group.freeAll();
  }
}
