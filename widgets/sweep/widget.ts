import type { SweepEffects } from "../../engine/index.node.ts";
import { checkOptions, type OptionNames } from "../../kernel/display/checkOptions.ts";
import { describeValue } from "../render/describeValue.ts";
import { Picture } from "../render/picture.ts";
import type { RunSource } from "../render/runSource.ts";
import { viewSource } from "../render/viewSource.ts";
import { MOST_CELLS, type SweepRecord, type SweepState, sweepText } from "./data.ts";
import { sweepPicture } from "./staticPicture.ts";
import { sweepTables } from "./tables.ts";

export interface SweepPictureOptions {
  /** A run of the sweep's prompt: what is pointed at in the sweep lights in the run's pictures, and the other way round. */
  readonly run?: Pick<RunSource, "id" | "record">;
}

const OPTIONS: OptionNames<SweepPictureOptions> = { run: true };

/**
 * What `model.sweep` measured or `model.attributionPatching` estimated: effects of edits on a metric, over layers, positions and heads, on one
 * scale around 0; with several pairs their intervals, and the cells that survive a permutation test that is corrected over all of them.
 * Two of three axes make a map, and the third chooses among maps.
 * @throws KernelError ERR_OPTION; TypeError for no sweep's result, past 131,072 cells, or a run without a layer, position or head of it
 */
export function sweep(
  effects: SweepEffects,
  options: SweepPictureOptions = {},
): Picture<SweepState> {
  checkOptions("sweep", options, OPTIONS);
  const { run } = options;
  if (!Array.isArray(effects?.axes) || !ArrayBuffer.isView(effects.effects?.data))
    throw new TypeError(
      `sweep: expected the result of model.sweep or model.attributionPatching, got ${describeValue(effects)}. Write sweep(await model.sweep(prompt, { grid, edit, metric })).`,
    );
  const record = recordOf(effects);
  const nCells = record.effects.length;
  if (nCells > MOST_CELLS)
    throw new TypeError(
      `sweep: expected at most ${MOST_CELLS} cells, got ${nCells}. Choose fewer layers, positions or heads in the grid.`,
    );
  if (run !== undefined) checkRun(record, run);
  return new Picture<SweepState>({
    name: "sweep",
    esm: viewSource("sweep"),
    state: { ...record, runId: run?.id ?? null, runTokens: run?.record.tokens.length ?? null },
    svg: () => sweepPicture(record),
    text: () => sweepText(record),
    tables: () =>
      sweepTables({ record, baselines: effects.baselines, perPair: effects.perPair.data }),
    records: run === undefined ? [] : [run.record],
  });
}

function recordOf(effects: SweepEffects): SweepRecord {
  const { provenance, site, metric, axes, baselines, baseline, interval, p } = effects;
  return {
    ...{ provenance, site, metric, baseline, nPairs: baselines.length },
    axes: axes.map(({ name, values, tokens }) => ({ name, values, tokens })),
    effects: effects.effects.data,
    low: interval?.low.data ?? null,
    high: interval?.high.data ?? null,
    p: p?.data ?? null,
  };
}

/** @throws TypeError */
function checkRun(
  { axes }: SweepRecord,
  { record: { model, tokens } }: Pick<RunSource, "record">,
): void {
  const sizes = { layer: model.nLayers, head: model.nHeads, position: tokens.length };
  for (const { name, values } of axes) {
    const beyond = values.find((value) => value >= sizes[name] || value < -sizes[name]);
    if (beyond !== undefined)
      throw new TypeError(
        `sweep run: expected one with every ${name} of the sweep, got ${sizes[name]} ${name}s where it has ${name} ${beyond}. Pass a run of the sweep's prompt.`,
      );
  }
}
