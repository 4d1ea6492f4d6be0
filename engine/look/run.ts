import type { EditRequest } from "../act/edit.ts";
import type { BackendInfo } from "../backend/backend.ts";
import type { DeviceDType } from "../backend/deviceTensor.ts";
import { checkFlag, checkOptions, checkSignals, type OptionNames } from "../base/checkOptions.ts";
import { BackendError, InputError } from "../base/errors.ts";
import { withHostSignal } from "../base/hostSignal.ts";
import type { ProgressListener } from "../base/progress.ts";
import { RUN_OPTIONS, type RunOptions } from "../execute/runOptions.ts";
import { sharedTokens } from "../execute/stepTaken.ts";
import { type Keep, routeValues } from "../plan/keptValues.ts";
import { findSite, matchSites } from "../plan/sites/matchSites.ts";
import type { Site, SiteInfo } from "../plan/sites/site.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type {
  AttentionTile,
  CostRecord,
  DroppedMassRecord,
  EditRecord,
  HeadMetricsRecord,
  LengthCostRecord,
  OperatorTime,
  ProfileTrace,
  RooflineRecord,
  RoutingRecord,
  RunRecord,
  TokenRecord,
} from "../trace/schema.ts";
import { type AttentionTileRequest, attentionTile, checkTileRequest } from "./attentionTile.ts";
import { checkSparse } from "./checkSparse.ts";
import { costByLength } from "./costByLength.ts";
import { droppedMass } from "./droppedMass.ts";
import {
  checkMetricsRequest,
  type HeadMetricsOf,
  type HeadMetricsRequest,
  headMetrics,
} from "./headMetrics.ts";
import { type ProfileTraceOptions, profileTrace } from "./profileTrace.ts";
import { moeLayers, readRouting, readScores } from "./readRouting.ts";
import { readSite } from "./readSite.ts";
import { runCost } from "./runCost.ts";
import type { RunMade } from "./runMade.ts";
import type { RunModel } from "./runModel.ts";
import { runProfile } from "./runProfile.ts";
import { RunReplays } from "./runReplays.ts";
import { type RunRooflineOptions, runRoofline } from "./runRoofline.ts";
import type { RunState } from "./runState.ts";
import type { RunSupply, SiteState } from "./runSupply.ts";
import { SAVE_OPTIONS, type SaveOptions } from "./saveOptions.ts";
import { checkSelectionNames, resolveSelection, type Selection } from "./selection.ts";
import { sliceTensor } from "./sliceTensor.ts";

/** A site of a run. */
export interface RunSiteInfo extends SiteInfo {
  readonly state: SiteState;
}

/** Writes a run to disk. @returns the record's id */
export type SaveRun = (run: Run, folder: string, options: SaveOptions) => Promise<string>;

export interface RunParts {
  readonly model: RunModel;
  readonly state: RunState;
  readonly catalog: readonly Site[];
  readonly record: RunRecord;
  /** Null where routes were not kept. */
  readonly routing: RoutingRecord | null;
  readonly keep: Keep;
  readonly logits: Tensor; // (R, V)
  readonly logitRows: readonly number[]; // (R)
  readonly floatDType: DeviceDType;
  /** What times of operators are measured with. */
  readonly operatorTimes: BackendInfo["operatorTimes"];
  readonly made: RunMade;
  readonly supply: RunSupply;
  /** Null where nothing was said of how runs are saved. */
  readonly save: SaveRun | null;
  readonly release: () => void;
  readonly again: (edits: readonly EditRequest[], options: AgainOptions) => Promise<Run>;
}

/** How the tokens of a run go through the model once more. */
export type AgainOptions = Omit<RunOptions, "edits">;

const { edits: _edits, ...AGAIN_OPTIONS } = RUN_OPTIONS;

/** Which of a run's routing to read beside the routes. */
export interface RoutingOptions {
  /** The scores of all experts that selection looked at: 4 bytes for each token, layer and expert. */
  readonly biasedScores?: boolean;
  /** How near every choice was to another, and what the router's bias changed of it. */
  readonly choices?: boolean;
}

const ROUTING_OPTIONS: OptionNames<RoutingOptions> = { biasedScores: true, choices: true };

/** Who follows the capturing of sites, and may end it. */
export interface SiteCaptureOptions {
  /** Checked between steps of the execution that brings them; ended, it leaves none of them. */
  readonly signal?: AbortSignal;
  readonly onProgress?: ProgressListener;
}

const CAPTURE_OPTIONS: OptionNames<SiteCaptureOptions> = { signal: true, onProgress: true };

let readParts: (run: Run) => RunParts;

/** What a run is made of, for what saves it and compares it. */
export function partsOf(run: Run): RunParts {
  return readParts(run);
}

/**
 * One sequence that went through the model, with what is needed to look into it. On the device it has the KV cache and what the
 * option `keep` says (all linear in T) until `dispose`, or until it is garbage-collected.
 */
export class Run {
  static {
    readParts = (run) => run.#parts;
  }

  readonly id: string;
  readonly model: RunModel;
  readonly tokens: readonly TokenRecord[];
  /** (R, V) f32 (reference: f64), natural-log scale: the rows that the run was asked to keep, by default the last token's. */
  readonly logits: Tensor;
  /** (R) their positions, ascending; the row of position t scores the token after it. `get("hook_logits")` gives every row. */
  readonly logitRows: readonly number[];
  readonly record: RunRecord;
  readonly #parts: RunParts;
  #routing: RoutingRecord | null;
  #cost: CostRecord | null = null;
  #disposed = false;
  readonly #replays: RunReplays;

  /** Runs come from `model.run` and `generation.run`. */
  constructor(parts: RunParts) {
    const { record } = parts;
    this.#parts = parts;
    this.#replays = new RunReplays(parts.state, parts.supply, () => this.#assertLive());
    this.#routing = parts.routing;
    this.id = record.runId;
    this.model = parts.model;
    this.record = record;
    this.tokens = record.tokens;
    this.logits = parts.logits;
    this.logitRows = parts.logitRows;
  }

  /** What was changed in the forward pass, in the order in which it was given; empty where nothing was. */
  get edits(): readonly EditRecord[] {
    return this.record.edits ?? [];
  }

  /**
   * Tokens at the beginning whose rows were computed for another sequence: a prompt of the same batch, or one that ended before
   * and lies in the model's cache of prefixes.
   */
  get sharedPrefixTokens(): number {
    return sharedTokens(this.#parts.state.steps);
  }

  /** Every site with the place its numbers would come from. */
  sites(): RunSiteInfo[] {
    return this.#parts.catalog.map((site) => {
      const { name, dims, shape, dtype, meaning, availability } = site;
      return { name, dims, shape, dtype, meaning, availability, state: this.#stateOf(site) };
    });
  }

  /**
   * A site's numbers, whole or in part. What was neither kept nor captured is captured by running the tokens again,
   * which gives the same bits; it then stays with the run.
   * @param site a name of `sites()`, e.g. "blocks.3.attn.hook_pattern"
   * @param selection one index drops its axis, [start, end) keeps it
   * @throws SiteError ERR_SITE_UNKNOWN; InputError ERR_SELECTION, ERR_OPTION; BackendError ERR_DISPOSED, ERR_REPLAY_DIFFERS
   */
  async get(site: string, selection: Selection = {}): Promise<Tensor> {
    checkSelectionNames("run.get", selection);
    const found = findSite(site, this.#parts.catalog);
    const { state, supply } = this.#parts;
    supply.check(found);
    const whole = await supply.whole(found);
    if (whole !== null) {
      const ranges = resolveSelection(found, whole.shape, selection);
      return sliceTensor(whole.data, whole.shape, found.dims, ranges);
    }
    if (found.source.kind === "logits") await this.#replays.ensureLogits(found, selection);
    else await this.#replays.ensure([found]);
    return readSite(state, found, selection);
  }

  /**
   * Captures sites that a later `get` would need the tokens run again for, all of them at once; they stay with the run.
   * @param sites names or globs of `sites()`, e.g. "blocks.*.hook_resid_post"
   * @throws SiteError ERR_SITE_UNKNOWN; InputError ERR_OPTION; AbortedError ERR_ABORTED; BackendError ERR_DISPOSED, ERR_REPLAY_DIFFERS
   */
  async capture(
    sites: string | readonly string[],
    options: SiteCaptureOptions = {},
  ): Promise<void> {
    checkOptions("capture", options, CAPTURE_OPTIONS);
    checkSignals("capture", options);
    const signal = withHostSignal(options.signal);
    const { onProgress } = options;
    await this.#replays.ensure(matchSites(sites, this.#parts.catalog), { signal, onProgress });
  }

  /** A rectangle of one head's pattern, exact or pooled, recomputed on the device. @throws InputError ERR_SELECTION, ERR_OPTION */
  async attentionTile(request: AttentionTileRequest): Promise<AttentionTile> {
    const part = checkTileRequest(this.#parts.state, request);
    await this.#ensurePattern(part.layer);
    return attentionTile(this.#parts.state, part);
  }

  /**
   * What the rows of patterns say of heads, computed on the device and meant over queries; no map is read.
   * @returns of one layer where it is named, else of all of them in their order
   * @throws InputError ERR_SELECTION, ERR_OPTION
   */
  async headMetrics<R extends HeadMetricsRequest = object>(request?: R): Promise<HeadMetricsOf<R>> {
    const { layers, queryStep } = checkMetricsRequest(this.#parts.state, request ?? {});
    const records: HeadMetricsRecord[] = [];
    for (const layer of layers) {
      await this.#ensurePattern(layer);
      records.push(await headMetrics(this.#parts.state, layer, queryStep));
    }
    return (request?.layer === undefined ? records : records[0]) as HeadMetricsOf<R>;
  }

  /**
   * What a layer's sparse attention left out: the share of the softmax over all keys that keys it did not choose would have had, of
   * each query and head, recomputed from the same queries and keys without the selection. Within 1e-5 of float64.
   * @throws InputError ERR_SELECTION for a layer without sparse attention, or with edits of its scores or pattern
   */
  async droppedMass(layer: number): Promise<DroppedMassRecord> {
    const { state } = this.#parts;
    checkSparse("droppedMass", state, layer);
    await this.#ensurePattern(layer);
    return droppedMass(state, layer);
  }

  /** What a decoded token of this model takes behind more and more others; of sparse attention, beside dense. Without edits. */
  costByLength(): LengthCostRecord {
    const { state, floatDType } = this.#parts;
    return costByLength(state.device.spec, state.device.weights, floatDType);
  }

  /**
   * Routes of all tokens in all MoE layers; empty for a dense model. Scores that were not kept come by one replay.
   * @throws InputError ERR_OPTION; BackendError ERR_DISPOSED
   */
  async routing(options: RoutingOptions = {}): Promise<RoutingRecord> {
    checkOptions("routing", options, ROUTING_OPTIONS);
    checkFlag("routing biasedScores", options.biasedScores);
    checkFlag("routing choices", options.choices);
    const { catalog, state } = this.#parts;
    const routing = await this.#routes();
    if (options.biasedScores !== true && options.choices !== true) return routing;
    const site = (layer: number, name: string): Site =>
      findSite(`blocks.${layer}.mlp.${name}`, catalog);
    const names = ["hook_router_scores", "hook_router_biased"];
    await this.#replays.ensure(
      routing.layers.flatMap((layer) => names.map((name) => site(layer, name))),
    );
    const read = (name: string) => async (row: number) =>
      (await readSite(state, site(routing.layers[row] ?? 0, name), {})).data;
    return readScores(state, routing, options, {
      scores: read("hook_router_scores"),
      biased: read("hook_router_biased"),
    });
  }

  /**
   * The same tokens once more, with further edits behind the run's own: a run of its own, with the bits of `model.run` with all
   * of them. It needs the model and not this run, which may be disposed.
   * @throws BackendError ERR_DISPOSED where the model is gone; else as `model.run`
   */
  async again(edits: readonly EditRequest[] = [], options: AgainOptions = {}): Promise<Run> {
    checkOptions("again", options, AGAIN_OPTIONS);
    return this.#parts.again(edits, options);
  }

  /**
   * FLOPs, bytes and measured milliseconds of every token.
   * @throws InputError ERR_NOT_KEPT for experts whose routes were not kept: which weights were read is not known
   */
  cost(): CostRecord {
    const { state, routing, floatDType, keep } = this.#parts;
    if (routing === null)
      throw new InputError(
        "ERR_NOT_KEPT",
        `run.cost: expected a run that keeps the routes of its experts, got keep: ${JSON.stringify(keep)}. Run the prompt with keep: "routes".`,
      );
    this.#cost ??= runCost(state, routing, floatDType);
    return this.#cost;
  }

  /**
   * What each operator took: a row for each operator of the plan and phase, in the order in which they were executed.
   * `run` and `generate` measure with `profile: true`; drafts are not in it.
   * @throws InputError ERR_NOT_KEPT for a run that was not measured
   */
  profile(): OperatorTime[] {
    const rows = runProfile(this.#parts.state.steps);
    if (rows !== null) return rows;
    throw new InputError(
      "ERR_NOT_KEPT",
      "run.profile: expected a run whose operators were measured, got one without times. Run the prompt with profile: true.",
    );
  }

  /**
   * The times of `profile` step by step, as Perfetto (ui.perfetto.dev) and chrome://tracing open them: write it to a file as JSON.
   * Every slice of an operator says what it computes, its shape, FLOPs and bytes. A run keeps 16 bytes for each operator and step.
   * @throws InputError ERR_NOT_KEPT for a run that was not measured, ERR_OPTION
   */
  profileTrace(options: ProfileTraceOptions = {}): ProfileTrace {
    return profileTrace(this.#parts, options);
  }

  /**
   * What `cost` says under the limits of a device: which of them applies to each part of the model, the least time, and the share of
   * it that was reached; of parts where the run was measured with `profile: true`.
   * @throws InputError ERR_OPTION, ERR_NOT_KEPT as `cost`
   */
  roofline(options: RunRooflineOptions): RooflineRecord {
    const { state, record } = this.#parts;
    const profile = runProfile(state.steps);
    return runRoofline(options, { record, profile, cost: () => this.cost() });
  }

  /**
   * Writes the run into a folder that is not there yet: a record that `loadRun` opens without the model, and that `vitrine verify` and
   * `vitrine replay` hold against its hashes and against the model (docs/records.md). What pictures read and the run did not keep comes by
   * one more execution of the tokens. The first record of a model reads all of its weights, for their hash.
   * @returns the record's id: the sha256 of its manifest
   * @throws InputError ERR_OPTION, ERR_OUTPUT, ERR_BUDGET; SiteError ERR_SITE_UNKNOWN; BackendError ERR_DISPOSED
   */
  async save(folder: string, options: SaveOptions = {}): Promise<string> {
    checkOptions("save", options, SAVE_OPTIONS);
    this.#assertLive();
    const { save } = this.#parts;
    if (save !== null) return save(this, folder, options);
    throw new InputError(
      "ERR_OPTION",
      "run.save: expected a model that knows how runs are saved, as loadModel makes it, got one of createModel without. Pass saveRun to createModel.",
    );
  }

  /** Frees the run's device tensors; logits, tokens, routes and cost stay readable. Calling it twice is fine. */
  dispose(): void {
    this.#disposed = true;
    this.#parts.release();
  }

  toString(): string {
    const [prefillMs, decodeMs] = [this.#measuredMs("prefill"), this.#measuredMs("decode")];
    const generated = this.tokens.filter((token) => token.phase === "generated").length;
    const prompt = `${this.tokens.length - generated} prompt tokens in ${formatMs(prefillMs)}`;
    const decoded = generated > 0 ? `, ${generated} generated in ${formatMs(decodeMs)}` : "";
    const { backend, model } = this.record;
    return `Run ${this.id.slice(0, 8)} of ${model.name} on ${backend.name}: ${prompt}${decoded}`;
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }

  #measuredMs(phase: "prefill" | "decode"): number {
    return this.#parts.state.steps
      .filter((step) => step.phase === phase)
      .flatMap((step) => [step, ...step.drafting])
      .reduce((sum, { durationMs }) => sum + durationMs, 0);
  }

  async #routes(): Promise<RoutingRecord> {
    if (this.#routing !== null) return this.#routing;
    const { state, catalog } = this.#parts;
    const layers = moeLayers(state).flatMap(routeValues);
    await this.#replays.ensure(layers.map((value) => findSite(value, catalog)));
    this.#routing = await readRouting(state);
    return this.#routing;
  }

  #stateOf(site: Site): SiteState {
    return this.#parts.supply.stateOf(site, this.#storedState(site));
  }

  #storedState(site: Site): SiteState {
    if (site.source.kind === "logits")
      return this.#parts.state.logits.size === this.tokens.length ? "captured" : "replayed";
    if (this.#replays.missing([site]).length > 0) return "replayed";
    if (site.availability === "recomputed") return "recomputed";
    const { captured } = this.#parts.state;
    return site.needs.some((value) => captured.has(value)) ? "captured" : "kept";
  }

  #ensurePattern(layer: number): Promise<void> {
    return this.#replays.ensure([
      findSite(`blocks.${layer}.attn.hook_pattern`, this.#parts.catalog),
    ]);
  }

  #assertLive(): void {
    if (this.#disposed)
      throw new BackendError(
        "ERR_DISPOSED",
        "run: expected a live run, got one after dispose(). Run the prompt again.",
      );
  }
}

function formatMs(ms: number | null): string {
  if (ms === null) return "an unmeasured time";
  return ms < 1000 ? `${ms.toFixed(1)} ms` : `${(ms / 1000).toFixed(2)} s`;
}
