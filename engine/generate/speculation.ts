import { MtpExecution } from "../execute/mtpExecution.ts";
import { promptChunks } from "../execute/promptChunks.ts";
import { attentionForm, draftForm } from "../plan/attentionForm.ts";
import type { DraftRecord } from "../trace/schema.ts";
import { type Distribution, drawFrom, judgeDraft } from "./judgeDraft.ts";
import { catchUp, chooseNext, type DecodingParts, place } from "./plainDecoding.ts";
import { type ChosenToken, type Decoding, UNDRAFTED } from "./sequence.ts";

export interface SpeculationParts extends DecodingParts {
  /** Tokens drafted ahead of each verification, at least 1. */
  readonly draftTokens: number;
  /** Positions to make room for. */
  readonly capacity: number;
  /** Tokens of the prompt that go through the model at once. */
  readonly chunkSize: number;
}

interface Draft {
  readonly id: number;
  readonly distribution: Distribution;
  /** Under the draft module's raw logits. */
  readonly probability: number;
}

/**
 * Speculative decoding: the draft module proposes tokens, the model verifies all of them in one step, and what it accepts
 * is distributed as if every token had been sampled from it; at temperature 0 the tokens are the same.
 * @see arXiv:2302.01318, arXiv:2412.19437 section 2.2
 */
export class Speculation implements Decoding {
  readonly #parts: SpeculationParts;
  readonly #drafts: MtpExecution;

  constructor(parts: SpeculationParts) {
    this.#parts = parts;
    const { capacity, draftTokens, device, sequence } = parts;
    const rows = Math.max(sequence.execution.rows, draftTokens + 1);
    this.#drafts = new MtpExecution(device, { capacity, nPrompt: sequence.ids.length, rows });
  }

  async next(room: number): Promise<ChosenToken[]> {
    const { sequence, draftTokens, thinking } = this.#parts;
    const isPrompt = sequence.execution.position === sequence.ids.length;
    const placed = await thinking.next();
    const nDrafts = placed === null ? Math.min(draftTokens, room - 1, thinking.free - 1) : 0;
    const drafts = !isPrompt && nDrafts > 0 ? await this.#draft(nDrafts) : [];
    if (drafts.length > 0) return this.#verify(drafts);
    if (isPrompt) await this.#followPrompt();
    else await this.#catchUp();
    return [await (placed === null ? chooseNext(this.#parts) : place(this.#parts, placed))];
  }

  dispose(): void {
    this.#drafts.dispose();
  }

  /** Fills the draft module's cache, in the prompt's chunks, whichever of their rows the model took from others. */
  async #followPrompt(): Promise<void> {
    const { device, sequence, signal, chunkSize } = this.#parts;
    const { execution, ids } = sequence;
    for (const { start, end } of promptChunks(device.spec, ids.length, chunkSize)) {
      const nextIds = ids.slice(start + 1, end + 1);
      if (nextIds.length === 0) continue;
      await this.#drafts.follow(execution, nextIds, draftForm(device.spec, end - start), signal);
      const index = execution.steps.findIndex((step) => step.start + step.nTokens === end);
      execution.chargeDrafting(index, this.#drafts.takeSteps());
    }
  }

  /** A step without drafts, charged with what was done to find that there are none. */
  async #catchUp(): Promise<void> {
    await catchUp(this.#parts);
    const { execution } = this.#parts.sequence;
    execution.chargeDrafting(execution.steps.length - 1, this.#drafts.takeSteps());
  }

  /** Follows the model to its last position, then runs ahead of it, up to where every token is forbidden. */
  async #draft(nDrafts: number): Promise<Draft[]> {
    const { device, sequence, sampler, signal } = this.#parts;
    const nextIds = sequence.ids.slice(this.#drafts.position + 1);
    const form = draftForm(device.spec, 1);
    let row = await this.#drafts.follow(sequence.execution, nextIds, form, signal);
    const { position } = this.#drafts;
    const drafts: Draft[] = [];
    while (sampler.allowsAny(row)) {
      const distribution = sampler.distribution(row);
      const id = drawFrom(distribution, sampler.uniform());
      const probability = Math.exp(sampler.describe(row, id).logprob);
      drafts.push({ id, distribution, probability });
      sampler.observe([id]);
      if (drafts.length === nDrafts) break;
      row = await this.#drafts.runAhead(id, signal);
    }
    this.#drafts.truncate(position);
    sampler.forget(drafts.length);
    return drafts;
  }

  async #verify(drafts: readonly Draft[]): Promise<ChosenToken[]> {
    const { device, sequence, sampler, thinking, signal } = this.#parts;
    const { execution, ids, logits } = sequence;
    const { nVocab } = device.spec;
    const start = execution.position;
    const step = [...ids.slice(start), ...drafts.map(({ id }) => id)];
    const form = attentionForm(device.spec, 1);
    const rows = await execution.step(step, form, "decode", { signal });
    execution.chargeDrafting(execution.steps.length - 1, this.#drafts.takeSteps());
    const chosen: ChosenToken[] = [];
    for (const { id: draftId, distribution, probability } of [...drafts, NO_DRAFT]) {
      const row = rows.subarray(chosen.length * nVocab, (chosen.length + 1) * nVocab);
      if (chosen.length > 0 && !sampler.allowsAny(row)) break; // the text may have ended before
      const isBonus = distribution === null;
      const { id, accepted } = isBonus
        ? { id: sampler.sample(row).id, accepted: false }
        : judgeDraft(draftId, sampler.distribution(row), distribution, () => sampler.uniform());
      if (chosen.length > 0 && thinking.asksAbout(id)) {
        thinking.hold(id);
        break;
      }
      const placed = await thinking.draw(id);
      const { logprob } = sampler.describe(row, placed.id);
      const position = chosen.length;
      const draft: DraftRecord =
        isBonus || placed.forced
          ? { ...UNDRAFTED, verdict: isBonus && !placed.forced ? "bonus" : "plain", position }
          : {
              ...{ verdict: accepted ? "accepted" : "rejected", position },
              ...{ draftId, draftProbability: probability },
              modelProbability: Math.exp(sampler.describe(row, draftId).logprob),
            };
      chosen.push({ ...thinking.take(placed), logprob, draft });
      sampler.observe([placed.id]);
      if (!accepted || placed.forced || thinking.forces) break;
    }
    execution.truncate(start + chosen.length);
    const positions = chosen.map((_, i) => start + i);
    logits.add(start, positions, rows);
    return chosen;
  }
}

/** Behind the last draft the model's own row is left. */
const NO_DRAFT = { id: -1, distribution: null, probability: 0 } as const;
