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
 */
export async function* allLogits(
  run: Run,
  signal: AbortSignal | undefined,
): AsyncGenerator<HostArray> {
  const { state, catalog } = partsOf(run);
  const isEdited = run.edits.some(({ edit }) => HEAD_SITES.test(String(edit.site)));
  if (run.model instanceof RecordedModel || isEdited) {
    const { data } = await run.get("hook_logits");
    const { nVocab } = state.device.spec;
    for (let t = 0; t < state.nTokens; t++)
      yield data.subarray(t * nVocab, (t + 1) * nVocab) as HostArray;
    return;
  }
  const { layers, nLayers } = state.device.spec;
  const what = layers[nLayers - 1]?.residual.kind === "plain" ? "resid" : "streams";
  const site = findSite(`blocks.${nLayers - 1}.hook_${what}_post`, catalog);
  await run.capture(site.name, signal && { signal });
  const positions = Array.from({ length: state.nTokens }, (_, position) => position);
  for await (const { logits } of lensRows(state, { sites: [site], positions, signal }))
    yield logits;
}
