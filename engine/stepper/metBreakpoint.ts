import type { OpenStep } from "../execute/openStep.ts";
import type { Site } from "../plan/sites/site.ts";
import type { Breakpoint } from "./breakpoint.ts";
import { readValue } from "./readValue.ts";
import type { StepPlan } from "./stepPlan.ts";
import type { StepperToken, Stop } from "./stepperPlace.ts";

interface Standing {
  readonly open: OpenStep;
  readonly plan: StepPlan;
  readonly sites: readonly Site[];
  readonly tokens: readonly StepperToken[];
  readonly executed: number;
}

type Met = Pick<Stop, "reason" | "breakpoint" | "token" | "site" | "error">;

/**
 * Executes up to the next operator at which a breakpoint may hold, or to the end of the step, and asks whether one does.
 * @param execute executes operators up to one, which it excludes
 */
export async function metBreakpoint(
  breakpoints: ReadonlyMap<number, Breakpoint>,
  standing: Standing,
  execute: (end: number) => Promise<void>,
): Promise<Met | null> {
  const { plan, executed } = standing;
  const { ops } = plan.plan;
  for (let index = executed; index < ops.length; index++) {
    const held = [...breakpoints].filter(([, breakpoint]) => mayHold(breakpoint, standing, index));
    if (held.length === 0) continue;
    await execute(index + 1);
    for (const [id, breakpoint] of held) {
      const met = await asked(breakpoint, standing, index);
      if (met !== null) return { ...met, breakpoint: id };
    }
    return null;
  }
  await execute(ops.length);
  return null;
}

/** Whether all that needs no number holds once the operator was executed. */
function mayHold(
  { sites, options }: Breakpoint,
  { plan, tokens }: Standing,
  index: number,
): boolean {
  const op = plan.plan.ops[index];
  const { operator, layer, token, when } = options;
  if (op === undefined || (operator !== undefined && op.operator.kind !== operator)) return false;
  if (layer !== undefined && op.layer !== layer) return false;
  if (token !== undefined && !tokens.some((each) => isToken(each, token))) return false;
  const made = plan.sitesOf(index);
  if (sites !== null) return made.some((site) => sites.has(site));
  if (when !== undefined) return made.length > 0;
  if (operator !== undefined) return true;
  const isFirst = index === 0 || (layer !== undefined && plan.plan.ops[index - 1]?.layer !== layer);
  return isFirst;
}

async function asked(
  { sites, options }: Breakpoint,
  { open, plan, tokens, sites: catalog }: Standing,
  index: number,
): Promise<Omit<Met, "breakpoint"> | null> {
  const { when, token: wanted } = options;
  const made = plan.sitesOf(index).filter((site) => sites === null || sites.has(site));
  if (when === undefined) {
    const [site] = sites === null ? [] : made;
    return { reason: "breakpoint", ...(site !== undefined && { site }) };
  }
  const layer = plan.plan.ops[index]?.layer ?? null;
  for (const site of made) {
    const value = await readValue(open, plan, catalog, site, index + 1);
    for (const [row, token] of tokens.entries()) {
      if (wanted !== undefined && !isToken(token, wanted)) continue;
      const own = value.dims[0] === "T" ? value.row(row) : value;
      try {
        if (await when({ site, value: own, token, layer }))
          return { reason: "breakpoint", site, token };
      } catch (error) {
        return { reason: "condition failed", site, token, error };
      }
      if (value.dims[0] !== "T") break; // a map is of all tokens
    }
  }
  return null;
}

const isToken = ({ id, text }: StepperToken, wanted: string | number): boolean =>
  typeof wanted === "number" ? id === wanted : text === wanted;
