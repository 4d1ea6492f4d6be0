import type { RoutingRecord, RunRecord } from "../../engine/trace/schema.ts";
import { runName } from "../render/runSource.ts";
import { chosenSites, type PrecisionSite, type SiteRow, siteOf } from "./chosenSites.ts";
import { type ErrorRow, MOST_CELLS, type PrecisionRecord, type TokenShift } from "./data.ts";
import { type Numbers, numberError, rowErrors } from "./errors.ts";
import { logitShift } from "./logitShift.ts";
import { checkBytes, checkSameModel, checkSameShapes, checkSameTokens } from "./refusals.ts";
import { routeChanges } from "./routeChanges.ts";
import { breathe, type Watch } from "./watch.ts";

/** What is needed of a Run; the engine's is one. */
export interface PrecisionRun {
  readonly id: string;
  readonly record: RunRecord;
  readonly model: { tokenText(id: number): string };
  sites(): readonly PrecisionSite[];
  /** Brings sites with one more execution of the tokens. */
  capture(sites: readonly string[]): Promise<void>;
  get(
    site: string,
    selection?: { token?: readonly [number, number] },
  ): Promise<{ readonly data: Numbers }>;
  routing(): Promise<RoutingRecord>;
}

/** Rows of logits that are read together. */
const LOGIT_ROWS = 16;

/**
 * Two runs of the same tokens held against each other, in this process: every number is the engine's, sums are of float64.
 * @throws TypeError where they are not of the same tokens or shapes, or the sites take too many bytes; what the signal was aborted with
 */
export async function measurePrecision(
  run: PrecisionRun,
  reference: PrecisionRun,
  asked: readonly string[] | null,
  watch: Watch = {},
): Promise<PrecisionRecord> {
  checkSameTokens(run.record, reference.record);
  checkSameModel(run.record, reference.record);
  const [own, other] = [run.sites(), reference.sites()];
  const rows = chosenSites(own, other, asked);
  checkSameShapes(rows, own, other);
  const nTokens = run.record.tokens.length;
  await capture(run, rows, own, nTokens);
  await capture(reference, rows, other, nTokens);
  const { errors, byToken } = await readErrors(run, reference, rows, watch);
  return {
    name: runName(run.record),
    referenceName: runName(reference.record),
    nLayers: run.record.model.nLayers,
    rows: errors,
    tokenTexts: run.record.tokens.map(({ text }) => text),
    tokens: await readTokens(run, reference, watch),
    byToken,
    routes: await readRoutes(run, reference),
  };
}

/** Brings what is not there with one execution of the tokens. */
async function capture(
  run: PrecisionRun,
  rows: readonly SiteRow[],
  sites: readonly PrecisionSite[],
  nTokens: number,
): Promise<void> {
  const wanted = new Set(
    rows.flatMap(({ name, layers }) => (layers ?? [null]).map((layer) => siteOf(name, layer))),
  );
  const missing = sites.filter(({ name, state }) => wanted.has(name) && state === "replayed");
  const bytes = missing.reduce(
    (sum, { shape }) =>
      sum + 4 * nTokens * shape.slice(1).reduce<number>((n, axis) => n * Number(axis), 1),
    0,
  );
  checkBytes(bytes);
  if (missing.length > 0) await run.capture(missing.map(({ name }) => name));
}

async function readErrors(
  run: PrecisionRun,
  reference: PrecisionRun,
  rows: readonly SiteRow[],
  watch: Watch,
): Promise<{ readonly errors: readonly ErrorRow[]; readonly byToken: Float32Array | null }> {
  const { tokens, model } = run.record;
  const isSmall = model.nLayers * tokens.length <= MOST_CELLS;
  const byToken = isSmall ? new Float32Array(model.nLayers * tokens.length) : null;
  let hasResidual = false;
  const errors: ErrorRow[] = [];
  for (const row of rows) {
    const [done, total] = [errors.length, rows.length];
    await breathe(watch, { stage: "compare", done, total, label: row.name });
    const isResidual = /^hook_(resid|streams)_post$/.test(row.name);
    const found = [];
    for (const layer of row.layers ?? [null]) {
      const site = siteOf(row.name, layer);
      const [{ data: x }, { data: y }] = await Promise.all([run.get(site), reference.get(site)]);
      found.push(numberError(x, y));
      if (!isResidual || layer === null || byToken === null) continue;
      byToken.set(rowErrors(x, y, tokens.length), layer * tokens.length);
      hasResidual = true;
    }
    errors.push({ ...row, errors: found });
  }
  return { errors, byToken: hasResidual ? byToken : null };
}

async function readTokens(
  run: PrecisionRun,
  reference: PrecisionRun,
  watch: Watch,
): Promise<TokenShift[]> {
  const nTokens = run.record.tokens.length;
  const { nVocab } = run.record.model;
  const textOf = (id: number): string => run.model.tokenText(id);
  const shifts: TokenShift[] = [];
  for (let start = 0; start < nTokens; start += LOGIT_ROWS) {
    const token = [start, Math.min(nTokens, start + LOGIT_ROWS)] as const;
    const [done, total] = [start, nTokens];
    await breathe(watch, { stage: "compare", done, total, label: "hook_logits" });
    const rows = [run, reference].map((one) => one.get("hook_logits", { token }));
    const [x, y] = (await Promise.all(rows)).map(({ data }) => data);
    for (let row = 0; x && y && row < token[1] - start; row++) {
      const part = [row * nVocab, (row + 1) * nVocab] as const;
      const { top, referenceTop, klBits } = logitShift(x.subarray(...part), y.subarray(...part));
      const { relative } = numberError(x, y, part[0], nVocab);
      const isMoved = top !== referenceTop;
      shifts.push({
        top: textOf(top),
        referenceTop: textOf(referenceTop),
        isMoved,
        klBits,
        relative,
      });
    }
  }
  return shifts;
}

async function readRoutes(
  run: PrecisionRun,
  reference: PrecisionRun,
): Promise<PrecisionRecord["routes"]> {
  if (run.record.model.moeLayers.length === 0) return null;
  const [own, other] = [await run.routing(), await reference.routing()];
  const changed = routeChanges(own, other);
  if (changed.length > MOST_CELLS) return null;
  return { layers: other.layers, changed, nExpertsPerToken: other.nExpertsPerToken };
}
