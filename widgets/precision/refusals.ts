import type { RunRecord } from "../../engine/trace/schema.ts";
import type { PrecisionSite, SiteRow } from "./chosenSites.ts";
import { siteOf } from "./chosenSites.ts";

/** @throws TypeError where two runs cannot be compared token by token */
export function checkSameTokens(run: RunRecord, reference: RunRecord): void {
  const [own, other] = [run.tokens, reference.tokens];
  const at = own.findIndex(({ id }, t) => id !== other[t]?.id);
  if (own.length === other.length && at < 0) return;
  const where =
    at < 0 || other[at] === undefined
      ? `${own.length} tokens beside ${other.length}`
      : `${JSON.stringify(own[at]?.text)} beside ${JSON.stringify(other[at]?.text)} at position ${at}`;
  throw new TypeError(
    `precision: expected two runs of the same tokens, got ${where}. Run one prompt, or the ids of one run, on both models.`,
  );
}

/** @throws TypeError where a site that is compared has other numbers of rows or columns, or is not there */
export function checkSameShapes(
  rows: readonly SiteRow[],
  sites: readonly PrecisionSite[],
  reference: readonly PrecisionSite[],
): void {
  const shapes = new Map(reference.map(({ name, shape }) => [name, shape.join(", ")]));
  const own = new Map(sites.map(({ name, shape }) => [name, shape.join(", ")]));
  for (const { name, layers } of rows)
    for (const layer of layers ?? [null]) {
      const site = siteOf(name, layer);
      const [shape, other] = [own.get(site), shapes.get(site)];
      if (shape !== other || shape === undefined)
        throw new TypeError(
          `precision: expected ${site} in one shape, got (${shape ?? "no such site"}) beside (${other ?? "no such site"}). Compare two checkpoints of one model.`,
        );
    }
}

/** @throws TypeError where the models differ in what every site depends on */
export function checkSameModel(
  run: Pick<RunRecord, "model">,
  reference: Pick<RunRecord, "model">,
): void {
  const sizes = ["nLayers", "dModel", "nVocab", "nExperts", "nExpertsPerToken"] as const;
  const differs = sizes.find((size) => run.model[size] !== reference.model[size]);
  if (differs === undefined) return;
  throw new TypeError(
    `precision: expected two checkpoints of one model, got ${differs} ${run.model[differs]} beside ${reference.model[differs]}. Compare a quantised checkpoint with the one that it was made from.`,
  );
}

/** Numbers of sites that a run may keep on its device for a comparison. */
const MOST_BYTES = 2 ** 31;

/** @throws TypeError where what a run would capture takes more */
export function checkBytes(bytes: number): void {
  if (bytes <= MOST_BYTES) return;
  throw new TypeError(
    `precision: expected at most ${MOST_BYTES} bytes of sites to capture, got ${bytes}. Name fewer sites, as in { sites: ["hook_resid_post"] }, or take a shorter prompt.`,
  );
}
