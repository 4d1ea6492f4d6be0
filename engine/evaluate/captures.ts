import type { Run } from "../look/run.ts";
import type { Keep } from "../plan/keptValues.ts";
import type { ModelRecord, RoutingRecord, TokenRecord } from "../trace/schema.ts";
import { HEAD_METRICS } from "../trace/schema.ts";
import {
  CAPTURE_BYTES,
  type CaptureOptions,
  type CapturePosition,
  checkCapture,
} from "./captureOptions.ts";
import { wrongOption } from "./evaluateErrors.ts";
import type { WorkItem } from "./workItems.ts";

/** Columns of equal length. */
type CaptureColumns = Readonly<Record<string, readonly (number | string | null)[]>>;

/** What was kept of one sample: tables by their names. */
export type SampleCaptures = Readonly<Record<string, CaptureColumns>>;

/** What runs have to keep, and what is read from them. */
export interface Capturing {
  readonly keeping: { readonly keep: Keep; readonly capture: readonly string[] };
  of(run: Run, item: WorkItem): Promise<SampleCaptures>;
}

export const NOTHING: Capturing = {
  keeping: { keep: "nothing", capture: [] },
  of: async () => ({}),
};

/** @throws InputError ERR_OPTION */
export function capturing(options: CaptureOptions | undefined, model: ModelRecord): Capturing {
  if (options === undefined) return NOTHING;
  checkCapture(options);
  const { routes = false, drafts = false, headMetrics = false, sites = {}, runs } = options;
  const keepsRuns = runs === true || (Array.isArray(runs) && runs.length > 0);
  const keep = headMetrics || keepsRuns ? "attention" : routes ? "routes" : "nothing";
  return {
    keeping: { keep, capture: Object.keys(sites) },
    of: async (run) => ({
      ...(routes && { routes: routeColumns(await run.routing()) }),
      ...(drafts && { drafts: draftColumns(run.record.tokens) }),
      ...(headMetrics && { head_metrics: await headColumns(run, model.nLayers) }),
      ...(Object.keys(sites).length > 0 && { sites: await siteColumns(run, sites) }),
    }),
  };
}

/**
 * Refuses what would not fit if every sequence were as long as it may be.
 * @param nTokens of each sequence, at most
 * @param widthOf numbers of a row of the site
 * @throws InputError ERR_OPTION
 */
export function checkCaptureBytes(
  { routes, drafts, headMetrics, sites = {}, bytes = CAPTURE_BYTES }: CaptureOptions,
  model: ModelRecord,
  nTokens: readonly number[],
  widthOf: (site: string) => number,
): void {
  const tokens = nTokens.reduce((sum, n) => sum + n, 0);
  const heads = model.headsByLayer.reduce((sum, n) => sum + n, 0);
  const rows = Object.entries(sites).reduce(
    (sum, [site, positions]) => sum + widthOf(site) * positions.length,
    0,
  );
  const numbers =
    (routes ? tokens * model.moeLayers.length * model.nExpertsPerToken * 5 : 0) +
    (drafts ? tokens * 5 : 0) +
    nTokens.length * ((headMetrics ? heads * (2 + HEAD_METRICS.length) : 0) + rows * 4);
  if (numbers * 8 <= bytes) return;
  throw wrongOption("evaluate capture", {
    expected: `at most ${bytes} bytes for ${nTokens.length} replies, as long as they may be`,
    got: numbers * 8,
    fix: "Capture less, lower maxTokens, or raise capture.bytes.",
  });
}

function routeColumns({ layers, nTokens, nExpertsPerToken, ...routing }: RoutingRecord) {
  const places = [...routing.indices.keys()];
  const ofToken = (i: number) => Math.floor(i / nExpertsPerToken);
  return {
    layer: places.map((i) => layers[Math.floor(ofToken(i) / nTokens)] ?? null),
    token: places.map((i) => ofToken(i) % nTokens),
    slot: places.map((i) => i % nExpertsPerToken),
    expert: [...routing.indices],
    weight: [...routing.weights],
  };
}

function draftColumns(tokens: readonly TokenRecord[]) {
  const drafted = tokens.filter(({ draft }) => draft !== undefined);
  return {
    token: drafted.map(({ index }) => index),
    verdict: drafted.map(({ draft }) => draft?.verdict ?? null),
    draft_id: drafted.map(({ draft }) => draft?.draftId ?? null),
    draft_probability: drafted.map(({ draft }) => draft?.draftProbability ?? null),
    model_probability: drafted.map(({ draft }) => draft?.modelProbability ?? null),
  };
}

async function headColumns(run: Run, nLayers: number): Promise<CaptureColumns> {
  const columns: Record<string, (number | null)[]> = { layer: [], head: [] };
  for (const metric of HEAD_METRICS) columns[metric] = [];
  for (let layer = 0; layer < nLayers; layer++) {
    const { means } = await run.headMetrics({ layer });
    const nHeads = means.length / HEAD_METRICS.length;
    for (let head = 0; head < nHeads; head++) {
      columns.layer?.push(layer);
      columns.head?.push(head);
      for (const [m, metric] of HEAD_METRICS.entries()) {
        const mean = means[head * HEAD_METRICS.length + m] as number;
        columns[metric]?.push(mean);
      }
    }
  }
  return columns;
}

async function siteColumns(
  run: Run,
  sites: NonNullable<CaptureOptions["sites"]>,
): Promise<CaptureColumns> {
  const [site, token, place]: [string[], number[], number[]] = [[], [], []];
  const value: (number | null)[] = [];
  for (const [name, positions] of Object.entries(sites))
    for (const position of positions) {
      const at = tokenAt(run.record.tokens, position);
      if (at === null) continue; // this reply has no such token
      const { data } = await run.get(name, { token: at });
      for (const [i, x] of data.entries()) {
        site.push(name);
        token.push(at);
        place.push(i);
        value.push(x);
      }
    }
  return { site, token, place, value };
}

function tokenAt(tokens: readonly TokenRecord[], position: CapturePosition): number | null {
  const isAnswer = ({ phase, thinking }: TokenRecord) =>
    phase === "generated" && thinking === undefined;
  const found =
    position === "prompt"
      ? tokens.findLastIndex(({ phase }) => phase === "prompt")
      : position === "answer"
        ? tokens.findIndex(isAnswer)
        : position < 0
          ? tokens.length + position
          : position;
  return found >= 0 && found < tokens.length ? found : null;
}
