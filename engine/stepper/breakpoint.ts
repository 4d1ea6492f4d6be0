import { checkOptions, type OptionNames } from "../base/checkOptions.ts";
import { InputError } from "../base/errors.ts";
import { matchSites } from "../plan/sites/matchSites.ts";
import type { Site } from "../plan/sites/site.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { StepperToken } from "./stepperPlace.ts";

/** What a condition is given: a site's numbers for one token, as soon as they are computed. */
export interface Seen {
  readonly site: string;
  /** The token's row. */
  readonly value: Tensor;
  readonly token: StepperToken;
  /** Null outside of the blocks. */
  readonly layer: number | null;
}

export type Condition = (seen: Seen) => boolean | Promise<boolean>;

/** Where to stop: all that is given must hold. */
export interface BreakpointOptions {
  /** Name of a site, or globs: stop when its numbers are there. */
  readonly site?: string;
  /** A kind of operator: stop when one was executed. */
  readonly operator?: string;
  readonly layer?: number;
  /** A token's text or id: it is among those of the step; with a condition, the one that the condition sees. */
  readonly token?: string | number;
  /** Asked for each token of the step, of each site that `site` names, or of all. */
  readonly when?: Condition;
}

/** A site's name or globs, a condition, or both and more. */
export type StopAt = string | Condition | BreakpointOptions;

const BREAKPOINT_OPTIONS: OptionNames<BreakpointOptions> = {
  site: true,
  operator: true,
  layer: true,
  token: true,
  when: true,
};

export interface Breakpoint {
  /** Null: every site, or none is asked for. */
  readonly sites: ReadonlySet<string> | null;
  readonly options: BreakpointOptions;
}

/** @throws InputError ERR_OPTION; SiteError ERR_SITE_UNKNOWN */
export function breakpointOf(
  what: string,
  at: StopAt,
  {
    sites,
    operators,
  }: { readonly sites: readonly Site[]; readonly operators: ReadonlySet<string> },
): Breakpoint {
  const options =
    typeof at === "string" ? { site: at } : typeof at === "function" ? { when: at } : at;
  checkOptions(what, options, BREAKPOINT_OPTIONS);
  const { site, operator, when } = options;
  if (Object.values(options).every((value) => value === undefined))
    throw wrong(
      what,
      "a site, an operator, a layer, a token or a condition",
      "nothing",
      "Say where to stop.",
    );
  if (when !== undefined && typeof when !== "function")
    throw wrong(what, "a function as when", typeof when, "Write ({ site, value, token }) => ...");
  if (operator !== undefined && !operators.has(operator))
    throw wrong(
      what,
      `a kind of operator of this model (${[...operators].join(", ")})`,
      JSON.stringify(operator),
      "Correct the kind.",
    );
  const named = site === undefined ? null : matchSites(site, sites).map(({ name }) => name);
  return { sites: named && new Set(named), options };
}

function wrong(what: string, expected: string, got: string, fix: string): InputError {
  return new InputError("ERR_OPTION", `${what}: expected ${expected}, got ${got}. ${fix}`);
}
