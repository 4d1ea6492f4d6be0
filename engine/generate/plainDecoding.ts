import { attentionForm } from "../run/attentionForm.ts";
import type { ModelDevice } from "../run/modelDevice.ts";
import type { HostArray } from "../tensor/tensor.ts";
import type { Sampler } from "./sampler.ts";
import { type ChosenToken, type Decoding, type Sequence, UNDRAFTED } from "./sequence.ts";

export interface DecodingParts {
  readonly device: ModelDevice;
  readonly sequence: Sequence;
  readonly sampler: Sampler;
  readonly signal: AbortSignal | undefined;
}

/** One token from one step. */
export class PlainDecoding implements Decoding {
  readonly #parts: DecodingParts;

  constructor(parts: DecodingParts) {
    this.#parts = parts;
  }

  async next(): Promise<ChosenToken[]> {
    await catchUp(this.#parts);
    return [chooseNext(this.#parts)];
  }

  dispose(): void {
    // it holds nothing
  }
}

/** Has the model process the tokens of the sequence that it has not seen. */
export async function catchUp({
  device,
  sequence,
  signal,
}: Omit<DecodingParts, "sampler">): Promise<void> {
  const { execution, ids, logits } = sequence;
  const rest = ids.slice(execution.position);
  if (rest.length > 0)
    logits.push(await execution.step(rest, attentionForm(device.spec, 1), "decode", signal));
}

/** Samples from the last row there is. */
export function chooseNext({ device, sequence, sampler }: DecodingParts): ChosenToken {
  const row = (sequence.logits.at(-1) as HostArray).subarray(-device.spec.nVocab);
  const { id, logprob } = sampler.sample(row);
  sampler.observe([id]);
  return { id, logprob, draft: UNDRAFTED };
}
