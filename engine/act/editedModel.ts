import type { ModelSpec } from "../model/spec.ts";
import { compilePlan } from "../plan/compilePlan.ts";
import type { Plan } from "../plan/plan.ts";
import type { Site } from "../plan/sites/site.ts";
import { siteCatalog } from "../plan/sites/siteCatalog.ts";

/** A model as edits see it. */
export interface EditedModel {
  readonly spec: ModelSpec;
  readonly sites: readonly Site[];
  /** With every value that is a site observed. */
  readonly plan: Plan;
}

export function editedModel(spec: ModelSpec): EditedModel {
  const sites = siteCatalog(spec);
  const observed = new Set(sites.flatMap(({ needs }) => needs));
  return { spec, sites, plan: compilePlan(spec, { observed }) };
}
