import { checkFlag, checkOptions, checkSignals, type OptionNames } from "../base/checkOptions.ts";
import { AbortedError, InputError } from "../base/errors.ts";
import type { ProgressListener } from "../base/progress.ts";
import { watchOf } from "../base/watchOf.ts";
import type { Run } from "../look/run.ts";
import type { ModelSpec } from "../model/spec.ts";
import { dot } from "../tensor/dot.ts";
import type { AttributionPart, AttributionRecord } from "../trace/schema.ts";
import { checkPosition, checkToken, explainable, refuseEdits } from "./explainable.ts";
import { headSources } from "./headSources.ts";
import { layerParts, partSites } from "./layerParts.ts";
import { logitDirection } from "./logitDirection.ts";

/** What a logit is split at. */
export interface AttributionOptions {
  /** Another token: the difference of the two logits is split. */
  readonly against?: number;
  /** Whose row of logits, negative from the end; default -1, the last token's. */
  readonly position?: number;
  /** Split heads by the positions that they read as well; default false. It reads every layer's output projection. */
  readonly sources?: boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: ProgressListener;
}

const ATTRIBUTION_OPTIONS: OptionNames<AttributionOptions> = {
  against: true,
  position: true,
  sources: true,
  signal: true,
  onProgress: true,
};

const SPLIT_SITES = /hook_(resid_(pre|mid|post)|attn_out|mlp_out|logits)$|^ln_final/;

/**
 * What each part of the model adds to a logit, or to the difference of two: embedding, heads, MLPs, experts and biases, each through the
 * final norm with its scale held at what it was. Parts sum to the logit but for rounding, which `remainder` is. Sites that were not
 * captured come by one more execution, and stay with the run.
 * @see arXiv:2211.00593 section 3.1; https://transformer-circuits.pub/2021/framework
 * @throws InputError ERR_OPTION, ERR_TOKEN_ID, ERR_SELECTION; ERR_NOT_DECOMPOSABLE for several residual streams; ERR_EDIT where edits
 * change the residual itself
 * @throws RecordError ERR_NOT_RECORDED for a run without its model; AbortedError ERR_ABORTED; BackendError
 */
export async function attribution(
  run: Run,
  target: number,
  options: AttributionOptions = {},
): Promise<AttributionRecord> {
  checkOptions("attribution", options, ATTRIBUTION_OPTIONS);
  checkSignals("attribution", options);
  checkFlag("attribution sources", options.sources);
  const parts = explainable("attribution", run);
  const { device, nTokens } = parts.state;
  const { spec } = device;
  checkToken("attribution target", target, spec.nVocab);
  const { against = null } = options;
  if (against !== null) checkToken("attribution against", against, spec.nVocab);
  const position = checkPosition("attribution", options.position ?? -1, nTokens);
  checkDecomposable(spec);
  refuseEdits("attribution", run, SPLIT_SITES, "what is added to the residual is not all it holds");
  if (options.sources === true) checkMixtures(run);
  const watch = watchOf(options);
  const { signal, onProgress } = watch;
  const layers = Array.from({ length: spec.nLayers }, (_, layer) => layer);
  const last = `blocks.${spec.nLayers - 1}.hook_resid_post`;
  const first = "blocks.0.hook_resid_pre";
  const sites = [
    "hook_embed",
    first,
    last,
    ...layers.flatMap((layer) => partSites(run, parts, layer)),
  ];
  await run.capture(sites, watch);
  const row = async (site: string) => (await run.get(site, { token: position })).data;
  const { direction, bias } = await logitDirection(device, target, against, await row(last));
  const along = (x: ArrayLike<number>) => dot(direction, 0, x, 0, direction.length);
  const embedding = along(await row("hook_embed"));
  const found: AttributionPart[] = [part("embedding", embedding)];
  if (spec.learnedPositions) found.push(part("position", along(await row(first)) - embedding));
  const sources: Float64Array[] = [];
  for (const layer of layers) {
    if (signal?.aborted) throw new AbortedError(undefined, { cause: signal.reason });
    found.push(...(await layerParts(run, parts, layer, position, direction)));
    if (options.sources === true)
      sources.push(await headSources(run, device, layer, position, direction));
    const label = `blocks.${layer}`;
    onProgress?.({ stage: "explain", done: layer + 1, total: spec.nLayers, label });
  }
  if (spec.norm === "layer") found.push(part("normBias", bias));
  const logits = await row("hook_logits");
  const logit = (logits[target] as number) - (against === null ? 0 : (logits[against] as number));
  const sum = found.reduce((total, { value }) => total + value, 0);
  return {
    label: "recomputed",
    ...{ target, against, position, logit, parts: found, remainder: logit - sum },
    sources:
      options.sources === true ? Float64Array.from(sources.flatMap((each) => [...each])) : null,
  };
}

const part = (kind: AttributionPart["kind"], value: number): AttributionPart => ({
  ...{ kind, layer: null, index: null, value },
});

/** @throws InputError ERR_NOT_DECOMPOSABLE */
function checkDecomposable({ layers }: ModelSpec): void {
  const layer = layers.findIndex(({ residual }) => residual.kind !== "plain");
  if (layer < 0) return;
  throw new InputError(
    "ERR_NOT_DECOMPOSABLE",
    `attribution: expected one residual stream to which every part is added, got the streams of layer ${layer}, which are mixed with each other. Use lens(run) to see what each layer makes of the next token.`,
  );
}

/** @throws InputError ERR_EDIT where what heads make is not what their patterns mix */
function checkMixtures(run: Run): void {
  const why = "a head's output is not the mixture of values that its pattern says";
  refuseEdits("attribution sources", run, /\.hook_z$/, why);
  const masked = run.edits.find(({ edit }) => edit.kind === "heads" && edit.mask === true);
  if (masked === undefined) return;
  throw new InputError(
    "ERR_EDIT",
    `attribution sources: expected a run without masked heads, got layer ${masked.edit.layer} head ${masked.edit.head} masked: ${why}. Leave sources out, or run the prompt without this edit.`,
  );
}
