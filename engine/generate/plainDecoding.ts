import type { ModelDevice } from "../execute/modelDevice.ts";
import { attentionForm } from "../plan/attentionForm.ts";
import type { HostArray } from "../tensor/tensor.ts";
import { likeliestTokens } from "./likeliest.ts";
import type { Sampler } from "./sampler.ts";
import { type ChosenToken, type Decoding, type Sequence, UNDRAFTED } from "./sequence.ts";

export interface DecodingParts {
  readonly device: ModelDevice;
  readonly sequence: Sequence;
  readonly sampler: Sampler;
  /** Likeliest tokens to tell of with each. */
  readonly topLogprobs: number;
  readonly signal: AbortSignal | undefined;
}

/** One token from one step. */
export class PlainDecoding implements Decoding {
  readonly #parts: DecodingParts;

  constructor(parts: DecodingParts) {
    this.#parts = parts;
  }

  async next(): Promise<ChosenToken[]> {
    const { device, sequence, sampler, topLogprobs } = this.#parts;
    const isBehind = sequence.execution.position < sequence.ids.length;
    const takesRankedRows = sampler.takesRankedRows && topLogprobs === 0;
    if (isBehind && takesRankedRows && device.backend.rankLastRow !== undefined)
      return [await chooseRanked(this.#parts)];
    await catchUp(this.#parts);
    return [await chooseNext(this.#parts)];
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
}: Omit<DecodingParts, "sampler" | "topLogprobs">): Promise<void> {
  const { execution, ids, logits } = sequence;
  const rest = ids.slice(execution.position);
  if (rest.length === 0) return;
  const start = execution.position;
  const positions = logits.wantedOf(start, rest.length);
  const options = { positions, sums: true, signal };
  const rows = await execution.step(rest, attentionForm(device.spec, 1), "decode", options);
  logits.add(start, positions, rows);
}

/** Samples from the last row there is. */
export async function chooseNext(parts: DecodingParts): Promise<ChosenToken> {
  const row = await lastRow(parts);
  const { id, logprob } = parts.sampler.sample(row, parts.sequence.execution.lastSums);
  parts.sampler.observe([id]);
  const token = { id, logprob, draft: UNDRAFTED };
  if (parts.topLogprobs === 0) return token;
  return { ...token, likeliest: likeliestTokens(row, parts.topLogprobs) };
}

/** As `catchUp` and `chooseNext`, choosing before the logits have come from the device, if their ranking is enough. */
async function chooseRanked(parts: DecodingParts): Promise<ChosenToken> {
  const { device, sequence, sampler, signal } = parts;
  const { execution, ids, logits, coming } = sequence;
  const start = execution.position;
  const positions = logits.wantedOf(start, ids.length - start, true);
  const ranked = await execution.stepRanked(
    ids.slice(start),
    attentionForm(device.spec, 1),
    { temperature: sampler.sampling.temperature, positions, signal },
    (rows) => coming.push(rows.then((come) => logits.add(start, positions, come))),
  );
  const { id, logprob } = await sampler.sampleRanked(ranked, () => lastRow(parts));
  return { id, logprob, draft: UNDRAFTED };
}

async function lastRow({ sequence: { execution, logits } }: DecodingParts): Promise<HostArray> {
  const position = execution.position - 1;
  return logits.get(position) ?? (await execution.readLogits([position]));
}
