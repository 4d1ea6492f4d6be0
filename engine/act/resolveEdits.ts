import { findSite, matchSites } from "../plan/sites/matchSites.ts";
import type { Site } from "../plan/sites/site.ts";
import { Tensor } from "../tensor/tensor.ts";
import { checkEdit, editError } from "./checkEdit.ts";
import type { Edit, EditRequest, MeanOverRuns, PatchFromRun, SiteReader } from "./edit.ts";
import type { EditedModel } from "./editedModel.ts";
import { editTarget, refusal } from "./editTarget.ts";
import type { NamedEdit } from "./expertChanges.ts";

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
          if (request.kind === "meanOverRuns") return [await averaged(request, site)];
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
      editTarget(`edits[${i}]`, model.plan, site, request.head ?? null);
  }
}

/** A name as it is, so that it can be refused with its reason; of a glob, what can be edited. */
function editableSites(name: string, { plan, sites }: EditedModel): readonly Site[] {
  if (!/[*?,]/.test(name)) return [findSite(name, sites)];
  const matched = matchSites(name, sites);
  const editable = matched.filter((site) => refusal(plan, site) === null);
  return editable.length > 0 ? editable : matched;
}

/** One edit for each run of neighbouring places. */
async function patched(
  what: string,
  { run, from, to, head, after }: PatchFromRun,
  site: Site,
): Promise<Edit[]> {
  const value = await readHead(run, site, head);
  const sources = from ?? to ?? Array.from({ length: value.shape[0] ?? 0 }, (_, i) => i);
  const places = to ?? sources;
  if (sources.length !== places.length || sources.length === 0)
    throw editError(
      what,
      "as many positions in to as in from",
      `${places.length} and ${sources.length}`,
      "Pair each source with a place.",
    );
  const beyond = sources.find((position) => position >= run.tokens.length);
  if (beyond !== undefined)
    throw editError(
      what,
      `positions of the other run from 0 to ${run.tokens.length - 1}`,
      String(beyond),
      "Choose positions that it has.",
    );
  const pairs = places
    .map((place, i) => ({ place, source: sources[i] ?? 0 }))
    .sort((a, b) => a.place - b.place);
  const stretches: (typeof pairs)[] = [];
  for (const pair of pairs) {
    const last = stretches.at(-1);
    if (last?.at(-1)?.place === pair.place - 1) last.push(pair);
    else stretches.push([pair]);
  }
  return stretches.map((stretch): Edit => {
    const start = stretch[0]?.place ?? 0;
    const rows = stretch.flatMap(({ source }) => [...value.row(source).data]);
    return {
      kind: "patch",
      site: site.name,
      value: new Tensor(Float64Array.from(rows), [stretch.length, rows.length / stretch.length]),
      position: [start, start + stretch.length],
      ...(head !== undefined && { head }),
      ...(after && { after }),
    };
  });
}

async function averaged({ over, head, position, after }: MeanOverRuns, site: Site): Promise<Edit> {
  let sum = new Float64Array(0);
  let count = 0;
  for (const run of over) {
    const value = await readHead(run, site, head);
    const [nRows = 0] = value.shape;
    const width = value.data.length / nRows;
    if (sum.length === 0) sum = new Float64Array(width);
    value.data.forEach((x, i) => {
      sum[i % width] = (sum[i % width] ?? 0) + x;
    });
    count += nRows;
  }
  return {
    kind: "mean",
    site: site.name,
    value: sum.map((x) => x / count),
    ...(head !== undefined && { head }),
    ...(position !== undefined && { position }),
    ...(after && { after }),
  };
}

/** (T, ...) of the site, or of one of its heads. */
async function readHead(run: SiteReader, site: Site, head: number | undefined): Promise<Tensor> {
  const value = await run.get(site.name);
  if (head === undefined) return value;
  const [nRows = 0, nHeads = 1] = value.shape;
  const size = value.data.length / nRows / nHeads;
  const rows = new Float64Array(nRows * size);
  for (let t = 0; t < nRows; t++) rows.set(value.row(t, head).data, t * size);
  return new Tensor(rows, [nRows, size]);
}
