import type { DeviceTensor } from "../backend/deviceTensor.ts";
import { draftForm } from "../plan/attentionForm.ts";
import { FINAL_HIDDEN, MTP } from "../plan/planMtp.ts";
import type { HostArray } from "../tensor/tensor.ts";
import type { ModelDevice } from "./modelDevice.ts";
import { PlanRunner } from "./planRunner.ts";
import type { TensorGroup } from "./tensorGroup.ts";

/** Positions that go through the draft module at once. */
const ROWS = 256;

/**
 * Takes the draft module over a whole sequence and puts the values asked for into `storage`, which holds the model's final
 * hidden state. Row t pairs position t with the token after it, the last row with the likeliest one.
 * @param lastLogits (V) of the model's last row
 */
export function captureDrafts(
  device: ModelDevice,
  storage: TensorGroup,
  {
    ids,
    lastLogits,
    nPrompt,
  }: { readonly ids: readonly number[]; readonly lastLogits: HostArray; readonly nPrompt: number },
  capture: ReadonlySet<string>,
): Promise<void> {
  return device.mutex.run(async () => {
    device.assertLive();
    const { backend, spec } = device;
    const { dModel } = spec;
    const hidden = storage.get(FINAL_HIDDEN) as DeviceTensor;
    const nextIds = [...ids.slice(1), likeliest(lastLogits)];
    const runner = new PlanRunner(device, {
      capacity: ids.length,
      nPrompt,
      rows: Math.min(ROWS, ids.length),
      kind: "drafts",
      plan: (form) =>
        device.plans.drafts({ ...(form && { form }), observed: capture, logits: "all" }),
      stored: capture,
      read: [],
    });
    try {
      for (let start = 0; start < ids.length; start += ROWS) {
        const chunk = nextIds.slice(start, start + ROWS);
        const nTokens = chunk.length;
        backend.write(runner.input("ids"), 0, Int32Array.from(chunk));
        const input = runner.input(`${MTP}.hidden`);
        backend.copy(hidden, start * dModel, input, 0, nTokens * dModel);
        runner.execute(draftForm(spec, nTokens), { nTokens, start });
        await backend.flush();
      }
      runner.finish(ids.length);
      for (const name of capture) runner.storage.give(name, storage);
    } finally {
      runner.dispose();
    }
  });
}

/** Of equal logits the lower id. */
function likeliest(logits: HostArray): number {
  let best = 0;
  for (let id = 1; id < logits.length; id++)
    if ((logits[id] as number) > (logits[best] as number)) best = id;
  return best;
}
