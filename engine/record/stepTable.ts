import type { DraftStepTaken, StepTaken } from "../execute/stepTaken.ts";
import { sameForm } from "../plan/attentionForm.ts";
import type { LayerForm } from "../plan/plan.ts";
import type { RowOf } from "./table.ts";
import { wrongRow } from "./wrongRow.ts";

/** Tokens and experts of a step at most. */
const MOST_COUNT = 2 ** 24;

/** A row for each step of the model, and behind it one for each step of the draft module that served it. */
export const STEPS = {
  step: "i32",
  draft: "i32",
  phase: "text",
  form: "text",
  start: "i32",
  n_tokens: "i32",
  n_rejected: "i32",
  is_shared: "flag",
  head_rows: "i32",
  n_touched_experts: "i32",
  started_at_ms: "f64",
  duration_ms: "f64",
} as const;

export function stepRows(steps: readonly StepTaken[]): RowOf<typeof STEPS>[] {
  return steps.flatMap((taken, step) => {
    const common = { step, phase: taken.phase };
    return [
      {
        ...common,
        ...{ draft: null, form: taken.form.join(" "), start: taken.start, n_tokens: taken.nTokens },
        ...{ n_rejected: taken.nRejected, is_shared: taken.isShared === true },
        ...{ head_rows: taken.headRows ?? null, n_touched_experts: null },
        started_at_ms: taken.profile?.startedAtMs ?? null,
        duration_ms: taken.durationMs,
      },
      ...taken.drafting.map((draft, i) => ({
        ...common,
        ...{ draft: i, form: draft.form.join(" "), start: draft.start, n_tokens: draft.nTokens },
        ...{ n_rejected: null, is_shared: null, head_rows: null },
        ...{ n_touched_experts: draft.nTouchedExperts, started_at_ms: draft.startedAtMs },
        duration_ms: draft.durationMs,
      })),
    ];
  });
}

const FORMS: readonly string[] = ["gqa", "absorbed", "expanded"] satisfies LayerForm[];

/** A step as a table has it: when it began is known where its operators were measured. */
export interface RecordedStep {
  readonly step: StepTaken;
  readonly startedAtMs: number | null;
}

/**
 * Without what was measured of operators.
 * @param run how many layers and tokens it has
 * @throws RecordError ERR_RECORD
 */
export function stepsOf(
  rows: readonly RowOf<typeof STEPS>[],
  run: { readonly nLayers: number; readonly nTokens: number },
  place: string,
): RecordedStep[] {
  const steps: RecordedStep[] = [];
  const drafting: DraftStepTaken[][] = [];
  let end = 0;
  for (const [i, row] of rows.entries()) {
    const { nTokens, start, form, durationMs, phase } = checkedRow(row, run, `${place}[${i}]`);
    const taken = { form, start, nTokens, durationMs };
    const isDraft = row.draft !== null;
    const isNext = isDraft
      ? row.step === steps.length - 1 && row.draft === drafting.at(-1)?.length
      : row.step === steps.length && start === end;
    if (!isNext) throw wrongRow(`${place}[${i}]`, row, `a step in its place, from token ${end} on`);
    if (isDraft) {
      const startedAtMs = row.started_at_ms ?? 0;
      drafting.at(-1)?.push({ ...taken, nTouchedExperts: row.n_touched_experts, startedAtMs });
      continue;
    }
    const drafts: DraftStepTaken[] = [];
    drafting.push(drafts);
    end += nTokens;
    steps.push({
      step: {
        ...{ phase, ...taken, nRejected: row.n_rejected ?? 0, drafting: drafts },
        ...(row.is_shared === true && { isShared: true }),
        ...(row.head_rows !== null && { headRows: row.head_rows }),
      },
      startedAtMs: row.started_at_ms,
    });
  }
  if (end === run.nTokens) return steps;
  throw wrongRow(place, rows.at(-1) ?? {}, `steps of ${run.nTokens} tokens together`);
}

/** Numbers that loops go by. */
function checkedRow(
  row: RowOf<typeof STEPS>,
  { nLayers, nTokens: most }: { readonly nLayers: number; readonly nTokens: number },
  place: string,
) {
  const { phase, start, n_tokens: nTokens, duration_ms: durationMs, draft } = row;
  const forms = row.form?.split(" ") ?? [];
  if (forms.length !== (draft === null ? nLayers : 1) || !forms.every((one) => FORMS.includes(one)))
    throw wrongRow(place, row, "a form of attention for each layer");
  const isCount = (count: number | null) => count === null || (count >= 0 && count <= MOST_COUNT);
  const counts = [row.n_rejected, row.n_touched_experts, row.head_rows, start, nTokens];
  if ((phase !== "prefill" && phase !== "decode") || !counts.every(isCount))
    throw wrongRow(place, row, "a phase and counts");
  if (start === null || nTokens === null || durationMs === null || nTokens > most)
    throw wrongRow(place, row, `a place, a time and at most ${most} tokens`);
  const form = sameForm(forms as LayerForm[]);
  return { phase: phase as StepTaken["phase"], start, nTokens, durationMs, form };
}
