import type { Run } from "../look/run.ts";
import { partsOf } from "../look/run.ts";
import { findSite } from "../plan/sites/matchSites.ts";
import { RecordedModel } from "../record/recordedModel.ts";
import type { HostArray } from "../tensor/tensor.ts";
import { lensRows } from "./lensRows.ts";

/** Sites behind which logits are not what the head makes of the last residual. */
const HEAD_SITES = /^(ln_final|hc_head|hook_logits)/;

/**
 * Every row of a run's logits, position by position: made again of the last residual, some rows at a time, or read where there is no
 * model to do so, or edits change its head.
 * @param at those positions alone; rows that the run has are not made again
 */
export async function* allLogits(
  run: Run,
  signal: AbortSignal | undefined,
  at: readonly number[] | null = null,
): AsyncGenerator<HostArray> {
  const { state, catalog } = partsOf(run);
  if (at?.every((position) => state.logits.has(position))) {
    for (const position of at) yield state.logits.get(position) as HostArray;
    return;
  }
  const isEdited = run.edits.some(({ edit }) => HEAD_SITES.test(String(edit.site)));
  if (run.model instanceof RecordedModel || isEdited) {
    const asked = at ?? run.tokens.map(({ index }) => index);
    const first = asked.reduce((least, position) => Math.min(least, position));
    const last = asked.reduce((most, position) => Math.max(most, position));
    const rows = await run.get("hook_logits", { token: [first, last + 1] });
    for (const position of asked) yield rows.row(position - first).data;
    return;
  }
  const { layers, nLayers } = state.device.spec;
  const what = layers[nLayers - 1]?.residual.kind === "plain" ? "resid" : "streams";
  const site = findSite(`blocks.${nLayers - 1}.hook_${what}_post`, catalog);
  await run.capture(site.name, signal && { signal });
  const positions = Array.from({ length: state.nTokens }, (_, position) => position);
  for await (const { logits } of lensRows(state, {
    ...{ sites: [site], positions: at ?? positions, signal },
  }))
    yield logits;
}
