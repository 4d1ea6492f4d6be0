import type { PlanConstant } from "../plan/planChanges.ts";
import type { Site } from "../plan/sites/site.ts";
import { dot } from "../tensor/dot.ts";
import { editError } from "./checkEdit.ts";
import type { SteerEdit, SteerOverRuns } from "./edit.ts";
import { readHeads } from "./fromRuns.ts";

/** Rows of directions, each as long as the edit is to go. @throws InputError ERR_EDIT for a direction of zeros */
export function steps(
  what: string,
  { strength, unit = 1 }: SteerEdit,
  { shape, data }: PlanConstant,
): PlanConstant {
  const [rows = 1, width = 0] = shape;
  const out = new Float64Array(data.length);
  for (let row = 0; row < rows; row++) {
    const direction = data.subarray(row * width, (row + 1) * width);
    const length = Math.sqrt(dot(direction, 0, direction, 0, width));
    if (length === 0)
      throw editError(what, "a direction that is not zero", "zeros", "Pass where to steer to.");
    direction.forEach((x, i) => {
      out[row * width + i] = (x / length) * strength * unit;
    });
  }
  return { shape, data: out };
}

/**
 * The strength in numbers of the site: the mean length of its rows over the runs' tokens. Each run's first is left out where there are
 * others: in many models its row is many times as long.
 * @throws InputError ERR_EDIT; what reading the runs throws
 */
export async function measured(
  what: string,
  { over, kind: _, ...steer }: SteerOverRuns,
  site: Site,
): Promise<SteerEdit> {
  let [sum, count] = [0, 0];
  for (const run of over)
    for (const { rows } of await readHeads(run, site, steer.head)) {
      const nRows = rows.shape[0] ?? 0;
      for (let t = nRows > 1 ? 1 : 0; t < nRows; t++) {
        sum += rows.row(t).norm();
        count++;
      }
    }
  const unit = sum / count;
  if (Number.isFinite(unit) && unit > 0) return { kind: "steer", ...steer, site: site.name, unit };
  throw editError(
    what,
    `rows of ${site.name} with a length, in the runs of over`,
    `a mean length of ${unit}`,
    "Take other runs, or say the strength in numbers.",
  );
}
