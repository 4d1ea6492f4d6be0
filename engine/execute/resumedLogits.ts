import type { CompiledEdits } from "../act/compileEdits.ts";
import { rowSize } from "../backend/checkOperator.ts";
import type { Step } from "../backend/deviceTensor.ts";
import { breathe } from "../base/breathe.ts";
import { AbortedError } from "../base/errors.ts";
import { uniformForm } from "../plan/attentionForm.ts";
import { LOGITS } from "../plan/compilePlan.ts";
import { firstChangedPosition } from "../plan/firstChangedPosition.ts";
import { FINAL_HIDDEN } from "../plan/planMtp.ts";
import { UNEDITED } from "../plan/resumePoint.ts";
import type { HostArray } from "../tensor/tensor.ts";
import type { ModelDevice } from "./modelDevice.ts";
import type { PlanRunner } from "./planRunner.ts";
import type { ResumedPlans } from "./resumedPlans.ts";
import type { ResumedRunners } from "./resumedRunners.ts";
import type { StepTaken } from "./stepTaken.ts";
import type { TensorGroup } from "./tensorGroup.ts";

/** A pass without edits, as far as passes with edits go on from it. */
export interface PlainPass {
  readonly ids: readonly number[];
  readonly steps: readonly Pick<StepTaken, "form" | "start" | "nTokens">[];
  /** Every value that enters an edited pass, with a row for each token, and the caches. */
  readonly storage: TensorGroup;
}

/** A pass with edits that goes on from one without. */
export interface ResumedPass {
  readonly runners: ResumedRunners;
  readonly plain: PlainPass;
  readonly edits: CompiledEdits;
}

/** Names of the values that the pass without edits has to keep for this one. */
export function enteringValues(plans: ResumedPlans, edits: CompiledEdits): string[] {
  // A layer's values enter according to the layer's own form: these two have them all.
  const forms = new Set([uniformForm(edits.spec, "absorbed"), uniformForm(edits.spec, "expanded")]);
  return [...forms].flatMap((form) => plans.of(edits, form).body.entering.map(plainName));
}

/**
 * The row of logits at a position of an edited pass, with the bits that a whole pass in the same steps gives. What the
 * edits do not reach is taken from the pass without them: operators before the first edit are not executed, nor are the
 * positions behind the row, nor those before the first that is changed, whose rows of the caches are copied.
 * @returns (V) f32 (reference: f64)
 * @throws AbortedError ERR_ABORTED before a step if the signal fired; BackendError
 */
export async function resumedLogits(
  device: ModelDevice,
  { runners, plain, edits }: ResumedPass,
  position: number,
  signal: AbortSignal | undefined,
): Promise<HostArray> {
  const isCounted = edits.spec !== device.spec; // other numbers of experts, maybe at every position
  const first = isCounted ? 0 : Math.min(position, firstChangedPosition(edits.changes));
  const steps = plain.steps.flatMap(({ form, start, nTokens }) => {
    const [from, end] = [Math.max(start, first), Math.min(start + nTokens, position + 1)];
    return from < end ? [{ form, start: from, nTokens: end - from }] : [];
  });
  const last = steps.at(-1) as PlainPass["steps"][number];
  const { body, head } = await device.mutex.run(async () => {
    device.assertLive();
    return runners.of(edits, last.form);
  });
  for (const { form, ...step } of steps) {
    await device.mutex.run(async () => {
      if (signal?.aborted) throw new AbortedError(undefined, { cause: signal.reason });
      device.assertLive();
      if (step.start === first) body.fill(plain.storage, first);
      enter(device, body, plain, runners.plans.of(edits, form).body.entering, step);
      body.execute(form, step);
      await device.backend.flush();
    });
    await breathe();
  }
  const { form, start } = last;
  return device.mutex.run(() => {
    device.assertLive();
    const { backend, spec } = device;
    const hidden = body.output(form, FINAL_HIDDEN);
    const width = rowSize(hidden);
    backend.copy(hidden, (position - start) * width, head.input(FINAL_HIDDEN), 0, width);
    head.execute(form, { start: position, nTokens: 1 });
    return backend.read(head.output(form, LOGITS), 0, spec.nVocab);
  });
}

/** Writes what the step begins with. */
function enter(
  { backend }: ModelDevice,
  body: PlanRunner,
  { ids, storage }: PlainPass,
  entering: readonly string[],
  { start, nTokens }: Step,
): void {
  if (entering.length === 0)
    backend.write(body.input("ids"), 0, Int32Array.from(ids.slice(start, start + nTokens)));
  for (const name of entering) {
    const from = storage.get(plainName(name));
    if (from === undefined) throw new Error(`the pass without edits kept no ${name}`);
    const size = rowSize(from);
    backend.copy(from, start * size, body.input(name), 0, nTokens * size);
  }
}

const plainName = (name: string): string => name.replace(UNEDITED, "");
