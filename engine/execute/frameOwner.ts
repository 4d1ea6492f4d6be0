import type { DeviceTensor } from "../backend/deviceTensor.ts";
import type { ModelSpec } from "../model/spec.ts";
import type { GroupOwner } from "./tensorGroup.ts";

export interface FrameSizes {
  /** Positions of the caches. */
  readonly capacity: number;
  /** Tokens of the longest step. */
  readonly rows: number;
}

/** Where frames are made. */
export interface FrameOwner extends GroupOwner {
  readonly spec: ModelSpec;
  readonly weights: ReadonlyMap<string, DeviceTensor>;
}
