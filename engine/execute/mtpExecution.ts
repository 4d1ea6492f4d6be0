import type { DeviceTensor } from "../backend/deviceTensor.ts";
import { AbortedError } from "../base/errors.ts";
import type { AttentionForm } from "../plan/plan.ts";
import { FINAL_HIDDEN, MTP } from "../plan/planMtp.ts";
import type { HostArray } from "../tensor/tensor.ts";
import type { Execution } from "./execution.ts";
import type { ModelDevice } from "./modelDevice.ts";
import { PlanRunner, type PlanRunnerOptions } from "./planRunner.ts";
import type { DraftStepTaken } from "./stepTaken.ts";

const OWN_HIDDEN = `${MTP}.ln_final.hook_normalized`;
const LOGITS = `${MTP}.last_logits`;
const INDICES = `${MTP}.mlp.hook_expert_indices`;

/** The draft module beside one sequence: follows the model with a cache of its own, and runs ahead of it. */
export class MtpExecution {
  /** Taken since the last call of `takeSteps`. */
  #steps: DraftStepTaken[] = [];
  readonly #device: ModelDevice;
  readonly #runner: PlanRunner;
  #position = 0;
  #last: { readonly form: AttentionForm; readonly row: number } | null = null;

  constructor(
    device: ModelDevice,
    sizes: Pick<PlanRunnerOptions, "capacity" | "nPrompt" | "rows">,
  ) {
    this.#device = device;
    const routes = device.spec.mtp?.layer.feedForward.kind === "moe" ? [INDICES] : [];
    this.#runner = new PlanRunner(device, {
      ...sizes,
      kind: "drafts",
      plan: (form) => device.plans.drafts({ ...(form && { form }), logits: "last" }),
      stored: new Set(),
      read: [LOGITS, OWN_HIDDEN, ...routes],
    });
  }

  /** Pairs of a position and the token after it that were processed. */
  get position(): number {
    return this.#position;
  }

  takeSteps(): DraftStepTaken[] {
    const steps = this.#steps;
    this.#steps = [];
    return steps;
  }

  /**
   * Processes the model's positions after those already processed, each with the token that follows it.
   * @returns (V) logits of the token after the last of `nextIds`
   * @throws AbortedError ERR_ABORTED before the step if the signal fired
   */
  follow(
    model: Pick<Execution, "storage">,
    nextIds: readonly number[],
    form: AttentionForm,
    signal?: AbortSignal,
  ): Promise<HostArray> {
    const hidden = model.storage.get(FINAL_HIDDEN);
    if (hidden === undefined)
      throw new Error(`the model's execution does not keep ${FINAL_HIDDEN}`);
    return this.#step(hidden, this.#position, nextIds, form, signal);
  }

  /** Goes on from its own last state, as if `id` had been accepted. @returns (V) logits of the token after it */
  runAhead(id: number, signal?: AbortSignal): Promise<HostArray> {
    if (this.#last === null) throw new Error("the draft module has no state to go on from");
    const { form, row } = this.#last;
    return this.#step(this.#runner.output(form, OWN_HIDDEN), row, [id], form, signal);
  }

  /** Forgets what it ran ahead. */
  truncate(position: number): void {
    this.#position = Math.min(position, this.#position);
  }

  dispose(): void {
    this.#runner.dispose();
  }

  #step(
    hidden: DeviceTensor,
    row: number,
    ids: readonly number[],
    form: AttentionForm,
    signal: AbortSignal | undefined,
  ): Promise<HostArray> {
    return this.#device.mutex.run(async () => {
      if (signal?.aborted) throw new AbortedError(undefined, { cause: signal.reason });
      this.#device.assertLive();
      const { backend, spec } = this.#device;
      const [start, nTokens] = [this.#position, ids.length];
      const startedAtMs = performance.now();
      backend.write(this.#runner.input("ids"), 0, Int32Array.from(ids));
      const input = this.#runner.input(`${MTP}.hidden`);
      backend.copy(hidden, row * spec.dModel, input, 0, nTokens * spec.dModel);
      this.#runner.execute(form, { nTokens, start });
      const [logits, nTouchedExperts] = await Promise.all([
        backend.read(this.#runner.output(form, LOGITS), 0, spec.nVocab),
        this.#touchedExperts(form, nTokens),
      ]);
      this.#position += nTokens;
      this.#last = { form, row: nTokens - 1 };
      const durationMs = performance.now() - startedAtMs;
      this.#steps.push({ form, start, nTokens, nTouchedExperts, startedAtMs, durationMs });
      return logits;
    });
  }

  async #touchedExperts(form: AttentionForm, nTokens: number): Promise<number | null> {
    const feedForward = this.#device.spec.mtp?.layer.feedForward;
    if (feedForward?.kind !== "moe") return null;
    const count = nTokens * feedForward.nExpertsPerToken;
    return new Set(await this.#device.backend.read(this.#runner.output(form, INDICES), 0, count))
      .size;
  }
}
