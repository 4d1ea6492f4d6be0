import { findSite, matchSites } from "../plan/sites/matchSites.ts";
import type { Site } from "../plan/sites/site.ts";
import { checkEdit, editError } from "./checkEdit.ts";
import type { Edit, EditRequest } from "./edit.ts";
import type { EditedModel } from "./editedModel.ts";
import { editTarget, refusal } from "./editTarget.ts";
import type { NamedEdit } from "./expertChanges.ts";
import { averaged, patched } from "./fromRuns.ts";
import { measured } from "./steering.ts";

/**
 * Checks what was asked for and puts single sites in the place of globs, and numbers in the place of runs.
 * @throws InputError ERR_EDIT, ERR_OPTION; SiteError ERR_SITE_UNKNOWN; what reading the runs throws
 */
export async function resolveEdits(
  requests: readonly EditRequest[],
  model: EditedModel,
): Promise<NamedEdit<Edit>[]> {
  checkRequests(requests, model);
  const resolved = await Promise.all(
    requests.map(async (request, i): Promise<NamedEdit<Edit>[]> => {
      const what = `edits[${i}]`;
      if (!("site" in request)) return [{ what, edit: request }];
      const sites = editableSites(request.site, model);
      const edits = await Promise.all(
        sites.map(async (site): Promise<Edit[]> => {
          if (request.kind === "patchFromRun") return patched(what, request, site);
          if (request.kind === "meanOverRuns") return averaged(what, request, site);
          if (request.kind === "steerOverRuns") return [await measured(what, request, site)];
          return [{ ...request, site: site.name }];
        }),
      );
      return edits.flat().map((edit) => ({ what, edit }));
    }),
  );
  return resolved.flat();
}

/** What can be said of edits before any number is read. @throws InputError ERR_EDIT, ERR_OPTION; SiteError ERR_SITE_UNKNOWN */
export function checkRequests(requests: readonly EditRequest[], model: EditedModel): void {
  if (!Array.isArray(requests))
    throw editError(
      "edits",
      "a list of edits",
      JSON.stringify(requests) ?? "nothing",
      "Write [zero(...), ...].",
    );
  for (const [i, request] of requests.entries()) {
    checkEdit(`edits[${i}]`, request);
    if (!("site" in request)) continue;
    for (const site of editableSites(request.site, model))
      editTarget(
        `edits[${i}]`,
        model.plan,
        site,
        "head" in request ? (request.head ?? null) : null,
      );
  }
}

/** A name as it is, so that it can be refused with its reason; of a glob, what can be edited. */
function editableSites(name: string, { plan, sites }: EditedModel): readonly Site[] {
  if (!/[*?,]/.test(name)) return [findSite(name, sites)];
  const matched = matchSites(name, sites);
  const editable = matched.filter((site) => refusal(plan, site) === null);
  return editable.length > 0 ? editable : matched;
}
