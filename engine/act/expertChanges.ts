import type { ModelSpec, MoeSpec } from "../model/spec.ts";
import type { PlanConstant, PositionRows, RouteChange } from "../plan/planChanges.ts";
import { editError } from "./checkEdit.ts";
import type { ExpertsEdit } from "./edit.ts";
import { editedPositions, type SequenceLength } from "./editedPositions.ts";

/** An edit and its name in messages. */
export interface NamedEdit<E> {
  readonly what: string;
  readonly edit: E;
}

interface Changes {
  readonly routes: RouteChange[];
  readonly constants: Map<string, PlanConstant>;
  readonly rows: Map<string, PositionRows>;
}

/** The routed experts of a layer. @throws InputError ERR_EDIT where it has none */
export function moeOf(what: string, spec: ModelSpec, layer: number): MoeSpec {
  const feedForward = spec.layers[layer]?.feedForward;
  if (feedForward?.kind === "moe") return feedForward;
  const layers = spec.layers.flatMap(({ feedForward: { kind } }, i) => (kind === "moe" ? [i] : []));
  throw editError(
    what,
    layers.length === 0
      ? "a model with routed experts"
      : `a layer with routed experts (${layers.join(", ")})`,
    layers.length === 0 ? spec.architecture : `layer ${layer}`,
    layers.length === 0 ? "Leave the edit out." : "Choose one of these.",
  );
}

/**
 * What is added to the selection scores, where an expert is forced by +Infinity and forbidden by -Infinity, and how many experts
 * positions choose where they differ.
 * @param spec with the largest of the counts in place
 * @throws InputError ERR_EDIT for experts that do not exist, for two edits of one expert, and where too few are left to choose
 */
export function expertChanges(
  edits: readonly NamedEdit<ExpertsEdit>[],
  spec: ModelSpec,
  length: SequenceLength,
  counts: ReadonlyMap<number, Int32Array>,
): Changes {
  const changes: Changes = { routes: [], constants: new Map(), rows: new Map() };
  const selecting = edits.filter(({ edit }) => adjustments(edit).size > 0);
  const layers = new Set(selecting.map(({ edit }) => edit.layer));
  for (const [layer, ofLayer] of counts)
    if (ofLayer.some((count) => count !== ofLayer[0])) {
      changes.rows.set(`edits.experts.${layer}.counts`, { width: 1, data: ofLayer });
      if (!layers.has(layer))
        changes.routes.push({ layer, adjust: null, counts: `edits.experts.${layer}.counts` });
    }
  for (const layer of layers) {
    const own = selecting.filter(({ edit }) => edit.layer === layer);
    const [first] = own;
    if (first === undefined) continue;
    const moe = moeOf(first.what, spec, layer);
    const checked = new Set<string>();
    const spans = own.map(({ what, edit }) => editedPositions(what, edit.position, length));
    const rowOf = new Map<string, number>();
    const adjust: number[] = [];
    const data = new Int32Array(length.capacity).fill(-1);
    for (let position = 0; position < length.capacity; position++) {
      const active = own.filter((_, i) => {
        const { start = 0, end = 0 } = spans[i] ?? {};
        return position >= start && position < end;
      });
      if (active.length === 0) continue;
      const key = active.map(({ what }) => what).join();
      if (!rowOf.has(key)) {
        rowOf.set(key, rowOf.size);
        adjust.push(...adjustedScores(active, moe));
      }
      data[position] = rowOf.get(key) ?? -1;
      const k = counts.get(layer)?.[position] ?? moe.nExpertsPerToken;
      if (!checked.has(`${key} ${k}`)) {
        const scores = adjust.slice((rowOf.get(key) ?? 0) * moe.nExperts).slice(0, moe.nExperts);
        refuseTooMany(active, scores, { ...moe, nExpertsPerToken: k });
      }
      checked.add(`${key} ${k}`);
    }
    const name = `edits.experts.${layer}`;
    changes.constants.set(`${name}.adjust`, {
      shape: [rowOf.size, moe.nExperts],
      data: Float64Array.from(adjust),
    });
    changes.rows.set(`${name}.rows`, { width: 1, data });
    const isCounted = changes.rows.has(`${name}.counts`);
    changes.routes.push({
      layer,
      adjust: { values: `${name}.adjust`, rows: `${name}.rows` },
      counts: isCounted ? `${name}.counts` : null,
    });
  }
  return changes;
}

/** By expert. */
function adjustments({ force = [], forbid = [], bias = {} }: ExpertsEdit): Map<number, number> {
  return new Map([
    ...force.map((id): [number, number] => [id, Number.POSITIVE_INFINITY]),
    ...forbid.map((id): [number, number] => [id, Number.NEGATIVE_INFINITY]),
    ...Object.entries(bias).map(([id, by]): [number, number] => [Number(id), by]),
  ]);
}

function adjustedScores(active: readonly NamedEdit<ExpertsEdit>[], moe: MoeSpec): Float64Array {
  const scores = new Float64Array(moe.nExperts);
  const owner = new Map<number, string>();
  for (const { what, edit } of active) {
    const { force = [], forbid = [], bias = {} } = edit;
    for (const id of [...force, ...forbid, ...Object.keys(bias).map(Number)]) {
      if (id >= moe.nExperts)
        throw editError(
          what,
          `experts from 0 to ${moe.nExperts - 1}`,
          String(id),
          "Choose experts that exist.",
        );
      const other = owner.get(id);
      if (other !== undefined)
        throw editError(
          what,
          `one change of expert ${id}`,
          other === what ? "two in one edit" : `another in ${other}`,
          "Leave one of them out.",
        );
      owner.set(id, what);
    }
    for (const [id, by] of adjustments(edit)) scores[id] = by;
  }
  return scores;
}

/** Forced experts must fit among the chosen, and enough must be left beside the forbidden, in the groups that are kept. */
function refuseTooMany(
  active: readonly NamedEdit<ExpertsEdit>[],
  scores: readonly number[],
  moe: MoeSpec,
): void {
  const { nExpertsPerToken: k, nExperts, nGroups, nGroupsKept } = moe;
  const what = active.map((edit) => edit.what).join(" and ");
  const forced = [...scores.keys()].filter((id) => scores[id] === Number.POSITIVE_INFINITY);
  if (forced.length > k)
    throw editError(
      what,
      `at most ${k} forced experts, as many as are chosen`,
      String(forced.length),
      "Force fewer, or raise count.",
    );
  const perGroup = nExperts / nGroups;
  const groupsForced = new Set(forced.map((id) => Math.floor(id / perGroup)));
  if (groupsForced.size > nGroupsKept)
    throw editError(
      what,
      `forced experts in at most ${nGroupsKept} groups of ${perGroup}`,
      `${groupsForced.size} groups`,
      "Choose experts of fewer groups.",
    );
  const left = Array.from({ length: nGroups }, (_, group) =>
    scores
      .slice(group * perGroup, (group + 1) * perGroup)
      .reduce<number>((count, score) => count + (score === Number.NEGATIVE_INFINITY ? 0 : 1), 0),
  ).sort((a, b) => a - b);
  const needed = nGroups > 1 && moe.groupScore === "top2sum" ? 2 : 1; // for a group to be ranked at all
  const ranked = left.filter((count) => count >= needed);
  const kept = ranked.length >= nGroupsKept ? ranked.slice(0, nGroupsKept) : ranked;
  const fewest = kept.reduce((a, b) => a + b, 0);
  if (fewest < k)
    throw editError(
      what,
      `at least ${k} experts left to choose from in any ${nGroupsKept} groups`,
      String(fewest),
      "Forbid fewer, or lower count.",
    );
}
