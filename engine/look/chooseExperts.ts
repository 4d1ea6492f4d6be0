import type { MoeSpec } from "../model/spec.ts";
import type { HostArray } from "../tensor/tensor.ts";

type Rule = Pick<MoeSpec, "nExpertsPerToken" | "nGroups" | "nGroupsKept" | "groupScore">;

/**
 * The experts that a router's rule chooses from one token's scores, best first; equal scores by ascending number.
 * @param scores (E), in the dtype in which the device added them up
 * @see arXiv:2412.19437 eq. 12-16; groups as in arXiv:2405.04434 section 2.2.2
 */
export function chooseExperts(scores: HostArray, rule: Rule): number[] {
  const { nExpertsPerToken: k, nGroups, nGroupsKept, groupScore } = rule;
  const all = Array.from(scores.keys());
  if (nGroups === 1) return best(scores, all, k);
  const size = scores.length / nGroups;
  const round = scores instanceof Float32Array ? Math.fround : (x: number): number => x;
  const groups = Array.from({ length: nGroups }, (_, group) => {
    const members = all.slice(group * size, (group + 1) * size);
    return best(scores, members, groupScore === "max" ? 1 : 2).reduce(
      (sum, expert) => round(sum + (scores[expert] as number)),
      0,
    );
  });
  const kept = new Set(best(groups, Array.from(groups.keys()), nGroupsKept));
  const left = all.filter((expert) => kept.has(Math.floor(expert / size)));
  return best(scores, left, k);
}

/** The `count` of the candidates, which ascend, with the largest values: one pass, as few of many are wanted. */
function best(values: ArrayLike<number>, candidates: readonly number[], count: number): number[] {
  const found: number[] = [];
  for (const candidate of candidates) {
    const value = values[candidate] as number;
    const last = found[found.length - 1];
    if (found.length === count && last !== undefined && value <= (values[last] as number)) continue;
    let at = found.length;
    while (at > 0 && (values[found[at - 1] as number] as number) < value) at--;
    found.splice(at, 0, candidate);
    if (found.length > count) found.pop();
  }
  return found;
}
