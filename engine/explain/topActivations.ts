import { checkCount, checkOptions, checkSignals, type OptionNames } from "../base/checkOptions.ts";
import { InputError, SiteError } from "../base/errors.ts";
import type { ProgressListener } from "../base/progress.ts";
import type { Run } from "../look/run.ts";
import { matchSites } from "../plan/sites/matchSites.ts";
import type { SiteInfo } from "../plan/sites/site.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { TopActivation, TopActivationsRecord } from "../trace/schema.ts";
import { TopValues } from "./topValues.ts";

/** Where activations are looked for, and how many are kept. */
export interface TopActivationsOptions {
  /** Activations kept of each unit; default 10. */
  readonly topK?: number;
  /** Units to look at; default: all of the site's. */
  readonly units?: readonly number[];
  /** Tokens shown on each side; default 8. */
  readonly context?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: ProgressListener;
}

/** A model as a corpus goes through it. */
export interface ActivationModel {
  sites(): SiteInfo[];
  tokenText(id: number): string;
  runAll(
    inputs: readonly (string | readonly number[])[],
    options: {
      readonly keep: "nothing";
      readonly capture: string;
      readonly signal?: AbortSignal;
    },
  ): AsyncIterable<Run>;
}

const TOP_OPTIONS: OptionNames<TopActivationsOptions> = {
  topK: true,
  units: true,
  context: true,
  signal: true,
  onProgress: true,
};

/** Texts whose runs are asked for at once. */
const TEXTS_AT_ONCE = 32;

/**
 * The tokens of a corpus at which each unit of a site is largest: neurons of mlp.hook_post, experts of mlp.hook_router_scores, dims of a
 * residual. Where a site has a row of its own for each head, as attn.hook_z, units are heads, and a head's value is that row's length.
 * @param model what `loadModel` gives
 * @param corpus texts or lists of ids; each is a run of its own, of which nothing stays
 * @throws InputError ERR_OPTION, ERR_SELECTION and as `model.runAll`; SiteError ERR_SITE_UNKNOWN, ERR_SITE_SHAPE; AbortedError ERR_ABORTED
 */
export async function topActivations(
  model: ActivationModel,
  corpus: readonly (string | readonly number[])[],
  site: string,
  options: TopActivationsOptions = {},
): Promise<TopActivationsRecord> {
  checkOptions("topActivations", options, TOP_OPTIONS);
  checkSignals("topActivations", options);
  const topK = checkCount("topActivations topK", options.topK ?? 10);
  const { context = 8, signal, onProgress } = options;
  if (!Number.isInteger(context) || context < 0)
    throw new InputError(
      "ERR_OPTION",
      `topActivations context: expected a whole number from 0, got ${context}. Correct the option.`,
    );
  if (!Array.isArray(corpus) || corpus.length === 0)
    throw new InputError(
      "ERR_OPTION",
      `topActivations corpus: expected a list of texts, got ${Array.isArray(corpus) ? "an empty one" : typeof corpus}. Pass at least one.`,
    );
  const found = unitSite(model, site);
  const nUnits = Number(found.shape[1]);
  const units = options.units ?? Array.from({ length: nUnits }, (_, unit) => unit);
  for (const unit of units) checkUnit(unit, nUnits);
  const top = new TopValues(units.length, topK);
  const ids: number[][] = [];
  for (let first = 0; first < corpus.length; first += TEXTS_AT_ONCE) {
    const texts = corpus.slice(first, first + TEXTS_AT_ONCE);
    const asked = { keep: "nothing", capture: found.name, ...(signal && { signal }) } as const;
    for await (const run of model.runAll(texts, asked)) {
      const text = ids.length;
      try {
        gather(top, await run.get(found.name), units, text);
        ids.push(run.tokens.map(({ id }) => id));
      } finally {
        run.dispose();
      }
      onProgress?.({
        stage: "explain",
        done: text + 1,
        total: corpus.length,
        label: found.name,
      });
    }
  }
  const shown = (list: readonly number[]) => list.map((id) => model.tokenText(id)).join("");
  return {
    label: "recomputed",
    ...{ site: found.name, units, topK, nTexts: ids.length },
    nTokens: ids.reduce((sum, { length }) => sum + length, 0),
    activations: units.map((_, row) =>
      top.of(row).map(({ value, outer: text, inner: position }): TopActivation => {
        const own = ids[text] ?? [];
        return {
          ...{ value, text, position },
          before: shown(own.slice(Math.max(0, position - context), position)),
          token: shown(own.slice(position, position + 1)),
          after: shown(own.slice(position + 1, position + 1 + context)),
        };
      }),
    ),
  };
}

/** @throws InputError ERR_SELECTION */
function checkUnit(unit: number, nUnits: number): void {
  if (Number.isInteger(unit) && unit >= 0 && unit < nUnits) return;
  throw new InputError(
    "ERR_SELECTION",
    `topActivations units: expected numbers from 0 to ${nUnits - 1}, got ${unit}. Choose units that exist.`,
  );
}

/** @throws SiteError ERR_SITE_UNKNOWN, ERR_SITE_SHAPE */
function unitSite(model: ActivationModel, name: string): SiteInfo {
  const found = matchSites(name, model.sites());
  const [site, further] = found;
  const isRow = (each: SiteInfo) =>
    each.dtype === "f32" &&
    each.dims[0] === "T" &&
    !each.dims.includes("S") &&
    !each.dims.includes("V") &&
    (each.dims.length === 2 || (each.dims.length === 3 && "HK".includes(each.dims[1] ?? "")));
  if (site !== undefined && further === undefined && isRow(site)) return site;
  const got =
    site === undefined || further !== undefined
      ? `${found.length} sites`
      : `${site.name} (${site.dims.join(", ")}) ${site.dtype}`;
  throw new SiteError(
    "ERR_SITE_SHAPE",
    `topActivations: expected one site with a number for each token and unit, (T, N), or a row for each head, (T, H, D), got ${got}. Name one such as blocks.0.mlp.hook_post.`,
  );
}

/** Each token's value of every unit; of heads the length of their row. */
function gather(top: TopValues, values: Tensor, units: readonly number[], text: number): void {
  const [nTokens = 0, nUnits = 0, width = 1] = values.shape;
  const { data } = values;
  for (let position = 0; position < nTokens; position++)
    units.forEach((unit, row) => {
      const at = (position * nUnits + unit) * width;
      const isHead = values.shape.length === 3;
      const value = isHead ? Math.hypot(...data.subarray(at, at + width)) : (data[at] as number);
      top.add(row, value, text, position);
    });
}
