import { InputError, SiteError } from "../base/errors.ts";
import type { OpenStep } from "../execute/openStep.ts";
import { findSite } from "../plan/sites/matchSites.ts";
import type { Site } from "../plan/sites/site.ts";
import { type HostArray, Tensor } from "../tensor/tensor.ts";
import { attentionMaps, headsFirst } from "./attentionMaps.ts";
import type { StepPlan } from "./stepPlan.ts";

/**
 * A site's numbers of the step's tokens.
 * @throws SiteError ERR_SITE_UNKNOWN; InputError ERR_NOT_COMPUTED
 */
export async function readValue(
  open: OpenStep,
  plan: StepPlan,
  sites: readonly Site[],
  name: string,
  executed: number,
): Promise<Tensor> {
  const site = findSite(name, sites);
  const found = plan.place(name);
  if (found === null)
    throw new SiteError(
      "ERR_SITE_UNKNOWN",
      `${name}: expected a site that a step holds, got one that is computed from a finished run. Call finish(), then run.get.`,
    );
  if (executed <= found.writer)
    throw new InputError(
      "ERR_NOT_COMPUTED",
      `${name}: expected operator ${found.writer} to be executed, got a stepper after ${executed} operators. Call runTo(${JSON.stringify(name)}) first.`,
    );
  const { start, nTokens } = open.step;
  const shape = (axes: Site["shape"]) =>
    axes.map((axis) => (axis === "T" ? nTokens : axis === "S" ? start + nTokens : axis));
  const { source } = site;
  if (source.kind === "pattern" || source.kind === "scores") {
    const [nHeads = 0] = site.shape;
    const map = plan.plan.values.has(name)
      ? headsFirst(await open.read(name), nTokens, Number(nHeads), start + nTokens)
      : await attentionMaps(open, found.writer, source.kind);
    return new Tensor(map, shape(site.shape), site.dims);
  }
  const { name: held, first } = found.value;
  const concrete = shape(site.shape);
  const count = concrete.slice(1).reduce((size, axis) => size * axis, 1);
  const rows = columns(await open.read(held), nTokens, { first, count });
  return new Tensor(rows, concrete, site.dims);
}

/** Some columns of rows. */
export function columns<A extends HostArray>(
  rows: A,
  nRows: number,
  { first, count }: { readonly first: number; readonly count: number },
): A {
  const width = rows.length / nRows;
  if (count === width) return rows;
  const out = new (rows.constructor as new (length: number) => A)(nRows * count);
  for (let t = 0; t < nRows; t++)
    out.set(rows.subarray(t * width + first, t * width + first + count), t * count);
  return out;
}
