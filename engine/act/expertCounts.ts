import { layerOf } from "../model/layerOf.ts";
import type { ModelSpec } from "../model/spec.ts";
import { editError } from "./checkEdit.ts";
import type { ExpertsEdit } from "./edit.ts";
import { editedPositions, type SequenceLength, type Span } from "./editedPositions.ts";
import { moeOf, type NamedEdit } from "./expertChanges.ts";

/** How many experts each position chooses, of the layers where edits say so. */
export type ExpertCounts = ReadonlyMap<number, Int32Array>; // (capacity)

/** @throws InputError ERR_EDIT for more experts than there are, and for two counts of one position */
export function expertCounts(
  edits: readonly NamedEdit<ExpertsEdit>[],
  spec: ModelSpec,
  length: SequenceLength,
): ExpertCounts {
  const found = new Map<number, Int32Array>();
  const owners = new Map<number, (string | undefined)[]>();
  for (const { what, edit } of edits) {
    const { layer, count } = edit;
    if (count === undefined) continue;
    const moe = moeOf(what, spec, layer);
    const available = (moe.nExperts / moe.nGroups) * moe.nGroupsKept;
    if (count > available)
      throw editError(
        what,
        `a count from 1 to ${available}`,
        String(count),
        "No more experts can be chosen.",
      );
    const counts = found.get(layer) ?? new Int32Array(length.capacity).fill(moe.nExpertsPerToken);
    const owner = owners.get(layer) ?? [];
    const { start, end } = editedPositions(what, edit.position, length);
    const other = owner.slice(start, end).find((name) => name !== undefined);
    if (other !== undefined)
      throw editError(
        what,
        `one count for each position of layer ${layer}`,
        `another in ${other}`,
        "Leave one of them out.",
      );
    for (let position = start; position < end; position++) owner[position] = what;
    found.set(layer, counts.fill(count, start, end));
    owners.set(layer, owner);
  }
  return found;
}

/** The model with as many experts a token as the position with most of them chooses. */
export function withCounts(spec: ModelSpec, counts: ExpertCounts): ModelSpec {
  let { layers } = spec;
  for (const [layer, ofLayer] of counts) {
    const moe = moeOf("count", spec, layer);
    const feedForward = { ...moe, nExpertsPerToken: Math.max(...ofLayer) };
    layers = layers.with(layer, { ...layerOf(spec, layer), feedForward });
  }
  return counts.size === 0 ? spec : { ...spec, layers };
}

/** The parts of a span whose positions choose the same number of experts. */
export function spansOfCounts(
  counts: Int32Array,
  { start, end }: Span,
): (Span & { count: number })[] {
  const spans: { start: number; end: number; count: number }[] = [];
  for (let position = start; position < end; position++) {
    const count = counts[position] ?? 0;
    const last = spans.at(-1);
    if (last?.count === count) last.end = position + 1;
    else spans.push({ start: position, end: position + 1, count });
  }
  return spans;
}
