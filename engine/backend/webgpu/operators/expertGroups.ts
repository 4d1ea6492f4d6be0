import type { DeviceTensor, Step } from "../../deviceTensor.ts";
import { rowSize } from "../../tensorSize.ts";
import { type Kernel, reads, writes } from "../kernel.ts";
import { entry } from "../wgsl/entry.ts";

const SIZE = 256;

/** Words of a tile: its expert, where its slots stand in the groups, and how many there are. */
export const TILE_WORDS = 3;

/** Beyond these, their counts do not fit into the workgroup memory that every device has. */
export const MOST_GROUPED_EXPERTS = 2000;

/** The expert -1 as u32. */
export const NO_EXPERT = "0xffffffffu";

/** Tiles that so many slots take at most: every expert that has some may leave one unfilled. */
export function mostTiles(slots: number, nExperts: number, perTile: number): number {
  return Math.ceil(slots / perTile) + Math.min(slots, nExperts + 2);
}

/** Words of the groups. */
export function groupWords(indices: DeviceTensor, nExperts: number, perTile: number): number {
  const slots = (indices.shape[0] ?? 0) * rowSize(indices);
  return TILE_WORDS * mostTiles(slots, nExperts, perTile) + slots;
}

/**
 * Sorts slots by their experts, by counting, in one workgroup: the tiles, each with slots of one expert alone, then the
 * slots. The expert -1 is E there, one that does not exist E + 1; tiles that are not needed have no slots. The order of
 * an expert's slots is not fixed, and no number depends on it.
 * @param groups (groupWords) i32
 */
export function groupSlots(
  indices: DeviceTensor, // (T, slots) i32
  nExperts: number,
  perTile: number,
  groups: DeviceTensor,
  applies: (step: Step) => boolean,
): Kernel {
  const slots = rowSize(indices);
  const nGroups = nExperts + 2;
  const each = (body: string) =>
    `  for (var slot = lid; slot < nSlots; slot += ${SIZE}u) { ${body} }`;
  return {
    label: `group slots of ${nExperts} experts`,
    bindings: [reads("indices", indices), writes("groups", groups, "i32")],
    params: { slots, nExperts, perTile },
    body: () => `var<workgroup> counts: array<atomic<u32>, ${nGroups}>;
var<workgroup> starts: array<u32, ${nGroups}>;
fn groupOf(slot: u32) -> u32 {
  let expert = u32(indices(slot));
  if (expert < params.nExperts) { return expert; }
  return params.nExperts + u32(expert != ${NO_EXPERT});
}
${entry(
  SIZE,
  `  if (wg > 0u) { return; }
  let nSlots = step.nTokens * params.slots;
  let nTiles = (nSlots + params.perTile - 1u) / params.perTile + min(nSlots, ${nGroups}u);
${each("atomicAdd(&counts[groupOf(slot)], 1u);")}
  workgroupBarrier();
  if (lid == 0u) {
    var start = nTiles * ${TILE_WORDS}u;
    var tile = 0u;
    for (var group = 0u; group < ${nGroups}u; group++) {
      let count = atomicLoad(&counts[group]);
      starts[group] = start;
      for (var first = 0u; first < count; first += params.perTile) {
        groups[tile] = i32(group);
        groups[tile + 1u] = i32(start + first);
        groups[tile + 2u] = i32(min(params.perTile, count - first));
        tile += ${TILE_WORDS}u;
      }
      start += count;
    }
    for (; tile < nTiles * ${TILE_WORDS}u; tile += ${TILE_WORDS}u) { groups[tile + 2u] = 0; }
  }
  workgroupBarrier();
${each("groups[starts[groupOf(slot)] + atomicSub(&counts[groupOf(slot)], 1u) - 1u] = i32(slot);")}`,
)}`,
    workgroups: (step) => (applies(step) ? 1 : 0),
  };
}
