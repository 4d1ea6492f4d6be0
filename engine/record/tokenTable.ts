import type { TokenRecord } from "../trace/schema.ts";
import type { RowOf } from "./table.ts";
import { wrongRow } from "./wrongRow.ts";

/** A row for each token of the run. */
export const TOKENS = {
  position: "i32",
  id: "i32",
  text: "text",
  special: "flag",
  phase: "text",
  logprob: "f64",
  draft_verdict: "text",
  draft_id: "i32",
  draft_probability: "f64",
  draft_model_probability: "f64",
  draft_position: "i32",
  thinking: "flag",
  forced: "flag",
} as const;

export function tokenRows(tokens: readonly TokenRecord[]): RowOf<typeof TOKENS>[] {
  return tokens.map(({ index, id, text, special, phase, logprob, draft, thinking, forced }) => ({
    ...{ position: index, id, text, special, phase, logprob },
    draft_verdict: draft?.verdict ?? null,
    draft_id: draft?.draftId ?? null,
    draft_probability: draft?.draftProbability ?? null,
    draft_model_probability: draft?.modelProbability ?? null,
    draft_position: draft?.position ?? null,
    thinking: thinking === true,
    forced: forced === true,
  }));
}

const VERDICTS = ["accepted", "rejected", "bonus", "plain"] as const;

/** @throws RecordError ERR_RECORD */
export function tokensOf(rows: readonly RowOf<typeof TOKENS>[], place: string): TokenRecord[] {
  return rows.map((row, index): TokenRecord => {
    const { position, id, text, special, phase, draft_verdict: given } = row;
    const verdict = VERDICTS.find((one) => one === given);
    const isPhase = phase === "prompt" || phase === "generated";
    if (position !== index || id === null || id < 0 || text === null || special === null)
      throw wrongRow(`${place}[${index}]`, row, "a token in its place");
    if (!isPhase || (given !== null && verdict === undefined))
      throw wrongRow(`${place}[${index}]`, row, "a phase and a verdict that there are");
    return {
      ...{ index, id, text, special, phase, logprob: row.logprob },
      ...(verdict && {
        draft: {
          verdict,
          draftId: row.draft_id,
          draftProbability: row.draft_probability,
          modelProbability: row.draft_model_probability,
          position: row.draft_position ?? 0,
        },
      }),
      ...(row.thinking === true && { thinking: true as const }),
      ...(row.forced === true && { forced: true as const }),
    };
  });
}
