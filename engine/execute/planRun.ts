import { InputError } from "../base/errors.ts";
import { KEEPS, type Keep, keptValues } from "../plan/keptValues.ts";
import { matchSites } from "../plan/sites/matchSites.ts";
import type { Site } from "../plan/sites/site.ts";
import { checkBudget, DEFAULT_BUDGET, type Planned } from "./keptBytes.ts";
import { LogitRows, type LogitsWanted } from "./logitRows.ts";
import type { ModelDevice } from "./modelDevice.ts";
import type { RunOptions } from "./runOptions.ts";

/** A run or a generation, with the rows of logits that it keeps. */
export interface PlannedRun extends Planned {
  readonly logits: LogitRows;
}

/**
 * What a run or a generation keeps, within its budget.
 * @param catalog the model's sites
 * @throws InputError ERR_OPTION, ERR_SELECTION, ERR_BUDGET; SiteError ERR_SITE_UNKNOWN
 */
export function planRun(
  device: ModelDevice,
  catalog: readonly Site[],
  what: "run" | "generate",
  sizes: Pick<Planned, "nPrompt" | "capacity" | "rows">,
  options: Pick<RunOptions, "keep" | "capture" | "logits" | "budget">,
): PlannedRun {
  const { keep = what === "run" ? "attention" : "routes", budget = DEFAULT_BUDGET } = options;
  checkKeep(what, keep);
  const { capture, logits: wanted } = wantedValues(device, catalog, keep, options);
  const { nVocab } = device.spec;
  const logits =
    what === "run"
      ? LogitRows.ofRun(wanted, nVocab, sizes.capacity)
      : LogitRows.ofGeneration(wanted, nVocab, sizes.capacity);
  const logitRows = logits.positions(sizes.capacity).length;
  const planned = { ...sizes, keep, capture, logitRows };
  checkBudget(what, device, planned, budget);
  return { ...planned, logits };
}

/**
 * Values to capture, and rows of logits to keep: all of them where they are captured.
 * @throws SiteError ERR_SITE_UNKNOWN
 */
export function wantedValues(
  { spec, plans }: ModelDevice,
  catalog: readonly Site[],
  keep: Keep,
  { capture = [], logits = "last" }: Pick<RunOptions, "capture" | "logits">,
): { readonly capture: ReadonlySet<string>; readonly logits: LogitsWanted } {
  const sites = keep === "all" ? catalog : matchSites(capture, catalog);
  const kept = new Set(keptValues(spec, keep));
  const { values } = plans.forward();
  const further = sites
    .flatMap((site) => site.needs)
    .filter((name) => !kept.has(name) && values.get(name)?.role !== "cache");
  return {
    capture: new Set(further),
    logits: sites.some(({ source }) => source.kind === "logits") ? "all" : logits,
  };
}

/** @throws InputError ERR_OPTION */
export function checkKeep(what: string, keep: Keep): void {
  if (KEEPS.includes(keep)) return;
  throw new InputError(
    "ERR_OPTION",
    `${what} keep: expected ${KEEPS.map((name) => `"${name}"`).join(", ")}, got ${JSON.stringify(keep)}. Correct the option.`,
  );
}
