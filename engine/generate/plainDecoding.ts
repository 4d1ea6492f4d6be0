import type { ModelDevice } from "../execute/modelDevice.ts";
import { attentionForm } from "../plan/attentionForm.ts";
import type { HostArray } from "../tensor/tensor.ts";
import { likeliestTokens } from "./likeliest.ts";
import type { Sample, Sampler } from "./sampler.ts";
import { type ChosenToken, type Decoding, type Sequence, UNDRAFTED } from "./sequence.ts";
import type { PlacedToken, ThinkingState } from "./thinking/thinkingState.ts";

export interface DecodingParts {
  readonly device: ModelDevice;
  readonly sequence: Sequence;
  readonly sampler: Sampler;
  readonly thinking: ThinkingState;
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
    const { device, sequence, sampler, thinking, topLogprobs } = this.#parts;
    const placed = await thinking.next();
    if (placed !== null) {
      await catchUp(this.#parts);
      return [await place(this.#parts, placed)];
    }
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
}: Omit<DecodingParts, "sampler" | "thinking" | "topLogprobs">): Promise<void> {
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
  const sample = parts.sampler.sample(row, parts.sequence.execution.lastSums);
  return { ...(await settle(parts, sample)), ...likeliestOf(parts, row) };
}

/** Puts a token behind the last row, whatever that says. */
export async function place(parts: DecodingParts, placed: PlacedToken): Promise<ChosenToken> {
  const { sampler, sequence, thinking } = parts;
  const row = await lastRow(parts);
  const { logprob } = sampler.describe(row, placed.id, sequence.execution.lastSums);
  sampler.observe([placed.id]);
  const token = { ...thinking.take(placed), logprob, draft: UNDRAFTED };
  return { ...token, ...likeliestOf(parts, row) };
}

function likeliestOf({ topLogprobs }: DecodingParts, row: HostArray) {
  return topLogprobs > 0 && { likeliest: likeliestTokens(row, topLogprobs) };
}

/** As `catchUp` and `chooseNext`, choosing before the logits have come from the device, if their ranking is enough. */
async function chooseRanked(parts: DecodingParts): Promise<ChosenToken> {
  const { device, sequence, sampler, signal } = parts;
  const { execution, ids, logits, coming } = sequence;
  const start = execution.position;
  const positions = logits.wantedOf(start, ids.length - start, { lastStays: true });
  const ranked = await execution.stepRanked(
    ids.slice(start),
    attentionForm(device.spec, 1),
    { temperature: sampler.sampling.temperature, positions, signal },
    (rows) => coming.push(rows.then((come) => logits.add(start, positions, come))),
  );
  return settle(parts, await sampler.sampleRanked(ranked, () => lastRow(parts)));
}

/** Behind the last row: what was drawn from it, or what a rule has in its place. */
async function settle(parts: DecodingParts, { id, logprob }: Sample): Promise<ChosenToken> {
  const { sampler, thinking } = parts;
  const placed = await thinking.draw(id);
  if (placed.forced) return place(parts, placed);
  sampler.observe([id]);
  return { ...thinking.take(placed), logprob, draft: UNDRAFTED };
}

async function lastRow({ sequence: { execution, logits } }: DecodingParts): Promise<HostArray> {
  const position = execution.position - 1;
  return logits.get(position) ?? (await execution.readLogits([position]));
}
