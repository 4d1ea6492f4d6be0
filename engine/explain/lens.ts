import { checkOptions, checkSignals, type OptionNames } from "../base/checkOptions.ts";
import { InputError, SiteError } from "../base/errors.ts";
import type { ProgressListener } from "../base/progress.ts";
import { watchOf } from "../base/watchOf.ts";
import { Ranking } from "../generate/ranking.ts";
import type { Run } from "../look/run.ts";
import { matchSites } from "../plan/sites/matchSites.ts";
import type { Site } from "../plan/sites/site.ts";
import type { LensRecord } from "../trace/schema.ts";
import { askedPositions, askedTargets, askedTopK } from "./askedRows.ts";
import { explainable, refuseEdits } from "./explainable.ts";
import { headPlan } from "./headPlan.ts";
import { lensRows } from "./lensRows.ts";
import { rowStatistics } from "./rowStatistics.ts";
import { type Translators, translatorOf } from "./translators.ts";

/** Which residuals a lens reads, and what it tells of them. */
export interface LensOptions {
  /** Names or globs of residual sites. Default: what enters the first block, and what each block leaves. */
  readonly sites?: string | readonly string[];
  /** Default "all"; a list has positions, negative ones from the end. */
  readonly positions?: "all" | readonly number[];
  /** Likeliest tokens of each row; default 5. */
  readonly topK?: number;
  /** The token whose rank and log probability are told, one for all positions or one for each; default: the one that follows. */
  readonly target?: number | readonly number[];
  /** Of a tuned lens: a map for each layer that brings its residual to where the head expects it. */
  readonly translators?: Translators;
  readonly signal?: AbortSignal;
  readonly onProgress?: ProgressListener;
}

const LENS_OPTIONS: OptionNames<LensOptions> = {
  sites: true,
  positions: true,
  topK: true,
  target: true,
  translators: true,
  signal: true,
  onProgress: true,
};

/**
 * What the model would say next if its residual went to the head early: sites through the final norm and the unembedding, on the run's
 * backend. Of the last block it is what the run says, bit for bit. Sites that were not captured come by one more execution.
 * @see https://www.lesswrong.com/posts/AcKRB8wDpdaN6v6ru (logit lens), arXiv:2303.08112 (tuned lens)
 * @throws InputError ERR_OPTION, ERR_SELECTION, ERR_TOKEN_ID; ERR_EDIT where edits change the final norm or the logits
 * @throws SiteError ERR_SITE_UNKNOWN, ERR_SITE_SHAPE for what the head cannot read
 * @throws RecordError ERR_NOT_RECORDED for a run without its model; AbortedError ERR_ABORTED; BackendError
 */
export async function lens(run: Run, options: LensOptions = {}): Promise<LensRecord> {
  checkOptions("lens", options, LENS_OPTIONS);
  checkSignals("lens", options);
  const { state, catalog } = explainable("lens", run);
  refuseEdits("lens", run, /^(ln_final|hc_head|hook_logits)/, "the head is not the model's");
  const { spec, plans } = state.device;
  const topK = askedTopK("lens", options.topK ?? 5, spec.nVocab);
  const { shape } = headPlan(plans.forward());
  const sites = lensSites(catalog, shape, options);
  const { translators } = options;
  if (translators !== undefined) for (const { name } of sites) translatorOf(name, spec.nLayers);
  const positions = askedPositions("lens", options.positions ?? "all", state.nTokens);
  const targets = askedTargets("lens", options.target, positions, {
    ids: state.ids,
    nVocab: spec.nVocab,
  });
  const watch = watchOf(options);
  const { signal, onProgress } = watch;
  const names = sites.map(({ name }) => name);
  await run.capture(names, watch);
  const nRows = sites.length * positions.length;
  const record = {
    label: "recomputed" as const,
    translated: translators !== undefined,
    sites: names,
    positions: Int32Array.from(positions),
    topK,
    ids: new Int32Array(nRows * topK).fill(-1),
    probabilities: new Float32Array(nRows * topK),
    targets,
    ranks: new Int32Array(nRows),
    logProbs: new Float32Array(nRows),
    entropyBits: new Float32Array(nRows),
  };
  const ranking = new Ranking();
  for await (const { site, at, logits } of lensRows(state, {
    ...{ sites, positions, translators, signal },
  })) {
    const row = site * positions.length + at;
    const told = rowStatistics(logits, topK, targets[at] as number, ranking);
    record.ids.set(told.ids, row * topK);
    record.probabilities.set(told.probabilities, row * topK);
    record.ranks[row] = told.rank;
    record.logProbs[row] = told.logProb;
    record.entropyBits[row] = told.entropyBits;
    const label = record.sites[site] ?? "";
    onProgress?.({ stage: "explain", done: row + 1, total: nRows, label });
  }
  return record;
}

/** @throws SiteError ERR_SITE_UNKNOWN, ERR_SITE_SHAPE; InputError ERR_OPTION */
function lensSites(
  catalog: readonly Site[],
  shape: readonly number[],
  { sites: asked }: LensOptions,
): Site[] {
  const isRead = (site: Site) =>
    site.source.kind === "stored" &&
    site.source.columns === undefined &&
    site.shape.slice(1).join() === shape.join();
  if (asked === undefined)
    return catalog.filter((site) => DEFAULT_SITES.test(site.name) && isRead(site));
  const found = matchSites(asked, catalog);
  if (found.length === 0)
    throw new InputError(
      "ERR_OPTION",
      "lens sites: expected names or globs of residual sites, got none. Name one, or leave sites out.",
    );
  const wrong = found.find((site) => !RESIDUALS.test(site.name) || !isRead(site));
  if (wrong === undefined) return found;
  throw new SiteError(
    "ERR_SITE_SHAPE",
    `lens: expected residual sites with rows (${shape.join(", ")}), which the head reads, got ${wrong.name}, (${wrong.dims.join(", ")}) with rows (${wrong.shape.slice(1).join(", ")}). Name ${shape.length === 1 ? "hook_resid_pre, hook_resid_mid or hook_resid_post" : "hook_streams_pre, hook_streams_mid or hook_streams_post"} of layers that have it.`,
  );
}

const RESIDUALS = /^blocks\.\d+\.hook_(resid|streams)_(pre|mid|post)$/;
const DEFAULT_SITES = /^blocks\.(0\.hook_(resid|streams)_pre|\d+\.hook_(resid|streams)_post)$/;
