import type { Plan } from "../plan/plan.ts";
import type { MapChange } from "../plan/planChanges.ts";
import { isDraftValue } from "../plan/planMtp.ts";
import type { Site } from "../plan/sites/site.ts";
import { siteValue } from "../plan/sites/siteValue.ts";
import { editError } from "./checkEdit.ts";

interface MapTarget {
  readonly layer: number;
  readonly map: MapChange["map"];
  readonly headStart: number;
  readonly headCount: number;
}

/** The part of a plan's value that an edit of a site changes. */
export interface EditTarget {
  readonly site: Site;
  /** Name of the plan's value. */
  readonly value: string;
  /** An attention map of which heads are changed; null for columns of a value. */
  readonly map: MapTarget | null;
  /** Of the flattened row; of a map, heads. */
  readonly columnStart: number;
  readonly columnCount: number;
}

/**
 * Where an edit of a site takes place.
 * @param plan compiled with the site's value observed
 * @param head null: all of them
 * @throws InputError ERR_EDIT for a site whose numbers nothing reads again, and for a head that the site does not have
 */
export function editTarget(what: string, plan: Plan, site: Site, head: number | null): EditTarget {
  const reason = refusal(plan, site);
  if (reason !== null) throw editError(what, "a site that can be edited", site.name, reason);
  const isMap = site.source.kind === "pattern" || site.source.kind === "scores";
  const axis = isMap ? 0 : 1;
  const letter = site.dims[axis] ?? "";
  const nHeads = letter === "H" || letter === "K" ? Number(site.shape[axis]) : 0;
  const { name, first, count } = isMap
    ? { name: site.name, first: 0, count: nHeads }
    : siteValue(plan, site);
  if (count === null)
    throw editError(
      what,
      "a site with rows of a fixed width",
      `${site.name}, whose rows are as wide as the keys so far`,
      "Edit the site that it is computed from.",
    );
  const columns = { columnStart: first, columnCount: count };
  if (head === null) return { site, value: name, map: mapOf(site, 0, nHeads), ...columns };
  if (nHeads === 0)
    throw editError(
      what,
      "no head for a site without heads",
      `head ${head} of ${site.name}`,
      "Leave head out.",
    );
  if (head >= nHeads)
    throw editError(
      what,
      `a head from 0 to ${nHeads - 1} of ${site.name}`,
      String(head),
      "Choose one that exists.",
    );
  const size = count / nHeads;
  const map = mapOf(site, head, 1);
  return { site, value: name, map, columnStart: first + head * size, columnCount: size };
}

function mapOf({ source }: Site, headStart: number, headCount: number): MapTarget | null {
  if (source.kind !== "pattern" && source.kind !== "scores") return null;
  return { layer: source.layer, map: source.kind, headStart, headCount };
}

/** Why a site cannot be edited and what can be instead; null where it can. */
export function refusal(plan: Plan, site: Site): string | null {
  const block = site.name.replace(/\.[^.]+$/, "");
  if (isDraftValue(site.name))
    return "The draft module proposes tokens and decides none; edit the model's own blocks.";
  switch (site.source.kind) {
    case "pattern":
    case "scores":
      return null;
    case "latentKey":
    case "latentValue":
    case "unrotatedLatentKey":
      return `Heads have no keys and values of their own here; edit ${block}.hook_kv_latent, or ${block}.hook_z.`;
    case "headResult":
      return `Edit ${block}.hook_z, which it is computed from.`;
    case "normScale":
      return `It is computed from ${site.source.value}; edit that, or ${block}.hook_normalized.`;
    default:
  }
  if (site.name.endsWith("hook_topk_indices") || site.name.endsWith("hook_index_scores"))
    return `Use heads({ layer, head }).edge(query, key) to hide a key, or edit ${block}.hook_index_rot_k, by which keys are chosen.`;
  if (/hook_(router_(scores|biased)|expert_indices)$/.test(site.name))
    return "Nothing reads it again; use experts({ layer }): force, forbid, bias, count or weights.";
  const { name } = siteValue(plan, site);
  const isRead = plan.ops.some(({ inputs }) => inputs.includes(name));
  return isRead || site.source.kind === "logits" ? null : "Nothing reads it again.";
}
