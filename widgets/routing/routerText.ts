import type { RouterRecord } from "../../engine/trace/schema.ts";

/** How the routers choose, in a sentence or two: what can and cannot be seen of them. */
export function routerText(routers: readonly RouterRecord[], layers: readonly number[]): string {
  const [first] = routers;
  if (first === undefined) return "";
  const kinds = new Set(routers.map(({ scoring }) => scoring));
  const biased = routers.filter(({ hasBias }) => hasBias).length;
  const grouped = routers.filter(({ nGroups }) => nGroups > 1);
  const edited = routers.flatMap(({ isEdited }, row) => (isEdited ? [layers[row]] : []));
  const [group] = grouped;
  return [
    `Scores are ${[...kinds].join(" in some layers, in others ")}.`,
    biased === 0
      ? "The routers have no balancing bias: what is chosen is what scores best."
      : biased === routers.length
        ? "A bias that balances the load is added before selection."
        : `${biased} of ${routers.length} layers add a balancing bias before selection.`,
    group === undefined
      ? ""
      : `Experts stand in ${group.nGroups} groups, of which the best ${group.nGroupsKept} are kept${grouped.length < routers.length ? ` (in ${grouped.length} of ${routers.length} layers)` : ""}.`,
    edited.length === 0
      ? ""
      : `Edits change the choice in layer ${edited.join(", ")}: what the bias did there is not told.`,
  ]
    .filter((text) => text !== "")
    .join(" ");
}

/** Experts of one group of neighbours, where all layers have the same groups; 0 where they have none. */
export function columnsPerGroup(routers: readonly RouterRecord[] | undefined): number {
  const [first] = routers ?? [];
  if (first === undefined || first.nGroups === 1) return 0;
  const size = first.nExperts / first.nGroups;
  return (routers ?? []).every(({ nExperts, nGroups }) => nExperts / nGroups === size) ? size : 0;
}
