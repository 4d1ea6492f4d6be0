import type { CompiledEdits } from "../act/compileEdits.ts";
import type { DeviceTensor } from "../backend/deviceTensor.ts";
import { BackendError } from "../base/errors.ts";
import type { ModelDevice } from "../execute/modelDevice.ts";
import type { StepTaken } from "../execute/stepTaken.ts";
import type { TensorGroup } from "../execute/tensorGroup.ts";
import type { ModelSpec } from "../model/spec.ts";
import type { HostArray } from "../tensor/tensor.ts";

/** What is left of an executed sequence, on the device and on the host. */
export interface RunState {
  readonly device: ModelDevice;
  readonly ids: readonly number[];
  readonly nTokens: number; // T
  readonly steps: readonly StepTaken[];
  /** (n, MoE layers, k) experts of the steps' rejected tokens, step after step. */
  readonly rejectedRoutes: Int32Array;
  /** What was changed in the forward pass; null: nothing. */
  readonly edits: CompiledEdits | null;
  /** Rows of the step buffers the run used. */
  readonly rows: number;
  /** KV cache, kept and captured values; leading axis at least T. */
  readonly storage: TensorGroup;
  /** Those of the values in `storage` that were asked for by name, or came by a replay. */
  readonly captured: Set<string>;
  /** (V) of the positions whose rows are on the host; replays add more. */
  readonly logits: Map<number, HostArray>;
  readonly logProbs: HostArray; // (T) of the token behind each; nothing for the last, nor before `firstScored`
  /** The first token whose log probability is known: the second, or the first that was generated. */
  readonly firstScored: number;
}

/** The model's, with what edits change of it. */
export function specOf({ edits, device }: Pick<RunState, "edits" | "device">): ModelSpec {
  return edits?.spec ?? device.spec;
}

/** @throws BackendError ERR_DISPOSED when the run's tensors are gone */
export function stored(state: RunState, name: string): DeviceTensor {
  const tensor = state.storage.get(name);
  if (tensor === undefined)
    throw new BackendError(
      "ERR_DISPOSED",
      `run: expected ${name} on the device, got a run that was disposed. Run the prompt again.`,
    );
  return tensor;
}

/** Enqueues work in turn with the model's other runs. */
export function onDevice<R>(state: RunState, work: () => Promise<R>): Promise<R> {
  return state.device.mutex.run(async () => {
    state.device.assertLive();
    return work();
  });
}
