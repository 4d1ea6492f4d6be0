import type { SubgroupUse } from "../products/productForm.ts";

/** Workgroups in one row of the dispatch grid; the rest go to further rows, since no axis may exceed 65535. */
const GRID_ROW = 32768;

/** (x, y) of a dispatch with at least `count` workgroups. */
export function grid(count: number): readonly [number, number] {
  return count <= GRID_ROW ? [count, 1] : [GRID_ROW, Math.ceil(count / GRID_ROW)];
}

/**
 * The entry point `main` of `size` invocations per workgroup, with `wg` the linear workgroup index and `lid` the
 * invocation's; where subgroups are asked for, `subgroupLane` its place in its subgroup, or also `subgroupNumber` of it in the workgroup
 * and `subgroupSize`. The last row of the grid may run past the count, so a body guards `wg` against its own.
 */
export function entry(size: number, body: string, subgroups: SubgroupUse = "none"): string {
  return `@compute @workgroup_size(${size})
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(local_invocation_index) lid: u32${SUBGROUP_INPUTS[subgroups]}) {
  let wg = wid.x + wid.y * ${GRID_ROW}u;
${body}
}`;
}

const LANE = ", @builtin(subgroup_invocation_id) subgroupLane: u32";

const SUBGROUP_INPUTS: Readonly<Record<SubgroupUse, string>> = {
  none: "",
  lane: LANE,
  number: `${LANE}, @builtin(subgroup_size) subgroupSize: u32, @builtin(subgroup_id) subgroupNumber: u32`,
};

const ELEMENTWISE_SIZE = 64;

/** One invocation per element: the body sees `i`, below `total` (a WGSL expression). */
export function elementwise(total: string, body: string): string {
  return entry(
    ELEMENTWISE_SIZE,
    `  let i = wg * ${ELEMENTWISE_SIZE}u + lid;
  if (i >= ${total}) { return; }
${body}`,
  );
}

export function elementwiseWorkgroups(total: number): number {
  return Math.ceil(total / ELEMENTWISE_SIZE);
}
