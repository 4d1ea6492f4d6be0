import type { PlanOp } from "../plan/plan.ts";
import type { Site } from "../plan/sites/site.ts";

/** Sites by the operator that their numbers come from; those of a part that none of its operators writes are left over. */
export function siteOwners(
  ops: readonly PlanOp[],
  sites: readonly Site[],
): { readonly owned: ReadonlyMap<PlanOp, readonly Site[]>; readonly left: readonly Site[] } {
  const owned = new Map<PlanOp, Site[]>();
  const left: Site[] = [];
  for (const site of sites) {
    const owner = ownerOf(ops, site);
    if (owner === undefined) left.push(site);
    else owned.set(owner, [...(owned.get(owner) ?? []), site]);
  }
  return { owned, left };
}

/** What writes the site, else what writes the value that it is a part of, else what makes that of which it is recomputed. */
export function ownerOf(ops: readonly PlanOp[], { name, source, needs }: Site): PlanOp | undefined {
  const writes = (value: string) => ops.find(({ outputs }) => outputs.includes(value));
  const own = writes(name) ?? (source.kind === "stored" ? writes(source.value) : undefined);
  if (own !== undefined) return own;
  if (source.kind === "pattern" || source.kind === "scores")
    return ops.find(({ operator }) => operator.kind === "attention");
  const [first = ""] = needs;
  if (source.kind === "headResult" || source.kind === "normScale")
    return ops.find(({ inputs }) => inputs.includes(first));
  return source.kind === "stored" ? undefined : writes(first);
}
