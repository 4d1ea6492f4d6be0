import type { CostRecord, DraftRecord, RunRecord } from "../../engine/trace/schema.ts";
import { milliseconds, percent } from "../render/formatNumber.ts";
import { runName } from "../render/runSource.ts";

/** A generated token, and what was drafted at its place. */
export interface DraftedToken {
  readonly index: number;
  readonly text: string;
  readonly verdict: DraftRecord["verdict"];
  /** Among the tokens of its step, from 0. */
  readonly position: number;
  /** Null where nothing was drafted. */
  readonly draftText: string | null;
  readonly draftProbability: number | null;
  readonly modelProbability: number | null;
}

/** Drafts that verification came to; the rate is null where it came to none. */
export interface Rate {
  readonly judged: number;
  readonly accepted: number;
  readonly rate: number | null;
}

/** How far drafts went, of all and of the first, second and so on of a step. */
export interface Acceptance extends Rate {
  readonly byPosition: readonly Rate[];
}

/** Generations that a label stands for. */
export interface DomainAcceptance {
  readonly name: string;
  readonly nRuns: number;
  readonly acceptance: Acceptance;
}

/** Plain and speculative decoding, as `model.speculationWorth` measures them. */
export interface WorthSource {
  readonly draftTokens: number;
  readonly rounds: number;
  readonly plain: { readonly msPerToken: Range; readonly tokensPerStep: number };
  readonly speculative: { readonly msPerToken: Range; readonly tokensPerStep: number };
  readonly gain: Range;
  readonly verdict: "gain" | "loss" | "unclear";
}

/** Of several rounds. */
export interface Range {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

/** Measured of this generation: its decoded tokens, their milliseconds and steps. Null where nothing was timed. */
export interface OwnTime {
  readonly nTokens: number;
  readonly ms: number;
  readonly nSteps: number;
}

/** Synced with the page. */
export interface DraftsState {
  readonly runId: string;
  readonly subtitle: string;
  readonly tokens: readonly DraftedToken[];
  /** Why there is nothing to draw, in a sentence; empty where there is. */
  readonly refusal: string;
  /** This generation first, then those that were given labels. */
  readonly domains: readonly DomainAcceptance[];
  readonly ownTime: OwnTime | null;
  /** Null where plain decoding was not measured beside it. */
  readonly worth: WorthSource | null;
}

/** Says how a time is got that was not measured. */
export const NO_WORTH =
  "Time against plain decoding: unavailable, since it was not measured. Pass worth: await model.speculationWorth(prompt), which decodes the same prompt both ways in turn.";

/** Generated tokens with their drafts. @param textOf of ids that were drafted and not taken */
export function draftedTokens(record: RunRecord, textOf: (id: number) => string): DraftedToken[] {
  return record.tokens.flatMap(({ index, text, draft }) =>
    draft === undefined
      ? []
      : [
          {
            ...{ index, text, verdict: draft.verdict, position: draft.position },
            draftText:
              draft.draftId === null
                ? null
                : draft.verdict === "accepted"
                  ? text
                  : textOf(draft.draftId),
            draftProbability: draft.draftProbability,
            modelProbability: draft.modelProbability,
          },
        ],
  );
}

/** Tokens that came from one step of the model, step after step. */
export function stepsOf(tokens: readonly DraftedToken[]): (readonly DraftedToken[])[] {
  const steps: DraftedToken[][] = [];
  for (const token of tokens)
    if (token.position === 0 || steps.length === 0) steps.push([token]);
    else steps.at(-1)?.push(token);
  return steps;
}

/** Counts what became of drafts. */
export function acceptanceOf(
  drafts: readonly Pick<DraftRecord, "verdict" | "position">[],
): Acceptance {
  const judged = drafts.filter(({ verdict }) => verdict === "accepted" || verdict === "rejected");
  const rateOf = (of: typeof judged): Rate => {
    const accepted = of.filter(({ verdict }) => verdict === "accepted").length;
    return { judged: of.length, accepted, rate: of.length === 0 ? null : accepted / of.length };
  };
  const nPositions = judged.reduce((most, { position }) => Math.max(most, position + 1), 0);
  const byPosition = Array.from({ length: nPositions }, (_, at) =>
    rateOf(judged.filter(({ position }) => position === at)),
  );
  return { ...rateOf(judged), byPosition };
}

/** Acceptance of several generations together. */
export function domainOf(name: string, records: readonly RunRecord[]): DomainAcceptance {
  const drafts = records.flatMap(({ tokens }) => tokens.flatMap(({ draft }) => draft ?? []));
  return { name, nRuns: records.length, acceptance: acceptanceOf(drafts) };
}

/** Why there is nothing to draw; "" where there is. */
export function refusalOf(record: RunRecord): string {
  const { tokens, model } = record;
  if (tokens.some(({ draft }) => draft !== undefined && draft.verdict !== "plain")) return "";
  if (tokens.some(({ draft }) => draft !== undefined))
    return "Nothing was drafted: every step made one token. Generate more than two tokens.";
  return model.draftParameters > 0
    ? 'Nothing was drafted: this run was not generated with speculation. Pass a generation of model.generate(prompt, { speculate: "mtp" }).'
    : `Nothing was drafted: ${model.name} (${model.architecture}) has no module for multi-token prediction. Models that have one, such as DeepSeek-V3 and GLM-4, draft with speculate: "mtp".`;
}

/** The decoded tokens' measured time, without the first token's step, which is the prompt's. */
export function ownTimeOf(
  costs: Pick<CostRecord, "tokens" | "decodeMs"> | null,
  tokens: readonly DraftedToken[],
): OwnTime | null {
  if (costs === null || costs.decodeMs === null) return null;
  const nTokens = costs.tokens.filter(({ phase }) => phase === "decode").length;
  if (nTokens === 0) return null;
  return { nTokens, ms: costs.decodeMs, nSteps: stepsOf(tokens).length - 1 };
}

/** "34 of 50 drafts accepted, 68.0 %" */
export function rateText({ judged, accepted, rate }: Rate): string {
  return rate === null
    ? "no draft was judged"
    : `${accepted} of ${judged} drafts accepted, ${percent(rate)}`;
}

/** "3.2 ms a token (3.1 to 3.4)" */
export function rangeText({ median, least, most }: Range): string {
  return `${milliseconds(median)} a token (${milliseconds(least)} to ${milliseconds(most)})`;
}

const VERDICTS = {
  gain: "every round was faster with drafts",
  loss: "every round was slower with drafts",
  unclear: "the rounds disagree",
} as const;

const digits = (value: number): string => Number(value.toPrecision(3)).toString();

/** What was won or lost, by the rounds that were measured. */
export function worthText({ gain, verdict, rounds, draftTokens }: WorthSource): string {
  const drafts = `${draftTokens} draft${draftTokens === 1 ? "" : "s"} a step`;
  return `${digits(gain.median)} times as fast as plain decoding (${digits(gain.least)} to ${digits(gain.most)} in ${rounds} round${rounds === 1 ? "" : "s"}, ${drafts}; measured): ${VERDICTS[verdict]}.`;
}

export function ownTimeText(time: OwnTime | null): string {
  if (time === null)
    return "This generation's own time: unavailable, since its steps or routes were not kept.";
  const { nTokens, ms, nSteps } = time;
  return `This generation: ${nTokens} decoded positions in ${milliseconds(ms)}, drafting included; ${nSteps} steps behind the prompt's (measured).`;
}

/** A few lines for a page that shows text alone. */
export function draftsText(
  record: RunRecord,
  state: Pick<DraftsState, "refusal" | "domains" | "worth" | "ownTime">,
): string {
  if (state.refusal !== "") return state.refusal;
  return [
    `Drafts of ${runName(record)}`,
    ...state.domains.flatMap(({ name, acceptance }) => [
      `${name}: ${rateText(acceptance)}`,
      ...acceptance.byPosition.map((rate, i) => `  position ${i + 1}: ${rateText(rate)}`),
    ]),
    ownTimeText(state.ownTime),
    state.worth === null ? NO_WORTH : worthText(state.worth),
  ].join("\n");
}
