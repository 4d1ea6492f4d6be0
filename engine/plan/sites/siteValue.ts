import type { Plan } from "../plan.ts";
import type { Site } from "./site.ts";

/** The part of a plan's value that holds a site's numbers when they are computed. */
export interface SiteValue {
  readonly name: string;
  /** Columns of the flattened row. */
  readonly first: number;
  /** Null where a row is as wide as the keys so far, which differ from step to step. */
  readonly count: number | null;
}

/** The activation with the site's numbers: the site's own value, or what is written into its cache. */
export function siteValue(plan: Plan, site: Site): SiteValue {
  const stored = site.source.kind === "stored" ? site.source : { value: site.name };
  const columns = "columns" in stored ? stored.columns : undefined;
  const writer = plan.ops.find(
    ({ operator }) => operator.kind === "writeRows" && operator.cache.name === stored.value,
  );
  const name = writer?.operator.kind === "writeRows" ? writer.operator.x.name : stored.value;
  const width = (plan.values.get(name)?.shape ?? [])
    .slice(1)
    .reduce<number | null>(
      (size, axis) => (size === null || typeof axis !== "number" ? null : size * axis),
      1,
    );
  const [first = 0, count = width] = columns ?? [];
  return { name, first, count };
}
