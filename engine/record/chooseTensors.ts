import { InputError } from "../base/errors.ts";
import { type RunState, specOf } from "../look/runState.ts";
import { LOG_PROBS } from "../plan/compilePlan.ts";
import type { Site } from "../plan/sites/site.ts";
import { pictureSites } from "./pictureSites.ts";
import type { LeftOut } from "./runContent.ts";
import { TensorChoice } from "./tensorChoice.ts";
import { TensorSizes } from "./tensorSizes.ts";

/** What a record has of a run's numbers. */
export interface ChosenTensors {
  /** Sites that the run must have first. */
  readonly bring: readonly string[];
  /** Plan values. */
  readonly values: readonly string[];
  /** Sites that are computed with the model's weights: as they are. */
  readonly whole: readonly Site[];
  /** Layers of MLA whose queries go in as maps of attention read them. */
  readonly absorbed: readonly number[];
  /** Positions, ascending. */
  readonly logits: readonly number[];
  readonly leftOut: readonly LeftOut[];
}

/**
 * What the run has and `asked` must go in; behind it, as far as there is room, what pictures read.
 * @throws InputError ERR_BUDGET where what must go in does not fit
 */
export function chooseTensors(
  state: RunState,
  catalog: readonly Site[],
  asked: readonly Site[],
  mostBytes: number,
): ChosenTensors {
  const sizes = new TensorSizes(state);
  const chosen = new TensorChoice(sizes);
  for (const name of state.storage.names())
    if (!name.startsWith("scratch.") && name !== LOG_PROBS) chosen.values.add(name);
  for (const position of state.logits.keys()) chosen.logits.add(position);
  for (const site of asked) chosen.add(site);
  if (chosen.bytes() > mostBytes)
    throw new InputError(
      "ERR_BUDGET",
      `run.save: expected at most ${mostBytes} bytes of what the run has and sites names, got ${chosen.bytes()}. Pass bytes: ${chosen.bytes()}, or name fewer sites.`,
    );
  const leftOut: LeftOut[] = [];
  for (const { what, sites } of pictureSites(specOf(state), catalog)) {
    const more = chosen.with(sites);
    const bytes = more.bytes() - chosen.bytes();
    if (more.bytes() <= mostBytes) chosen.take(more);
    else leftOut.push({ what, bytes, fix: fixOf(sites) });
  }
  return {
    bring: catalog.filter((site) => chosen.sites.has(site)).map(({ name }) => name),
    values: [...chosen.values],
    whole: catalog.filter((site) => chosen.whole.has(site)),
    absorbed: absorbedLayers(state, chosen.sites),
    logits: [...chosen.logits].sort((a, b) => a - b),
    leftOut,
  };
}

function fixOf(sites: readonly Site[]): string {
  const names = sites.map(({ name }) => name).join(",");
  return `Save with more bytes and sites: ${JSON.stringify(names)}.`;
}

function absorbedLayers(state: RunState, sites: ReadonlySet<Site>): number[] {
  const { layers } = specOf(state);
  const mapped = [...sites].flatMap(({ source }) =>
    source.kind === "pattern" || source.kind === "scores" ? [source.layer] : [],
  );
  const isMla = (layer: number) => layers[layer]?.attention.kind === "mla";
  return [...new Set(mapped)].filter(isMla).sort((a, b) => a - b);
}
