import type { KernelQuestion } from "../render/askKernel.ts";
import { compileCondition } from "./condition.ts";
import type { BreakpointSource, StepperSource } from "./stepperSource.ts";

/** What is wrong with a field of the form. */
export interface FieldProblem {
  readonly field: "site" | "operator" | "layer" | "token" | "when";
  readonly problem: string;
}

/** Adds a breakpoint as it was typed into the form. @returns null, or what is wrong with which field */
export function enterBreakpoint(
  stepper: Pick<StepperSource, "addBreakpoint" | "operators">,
  typed: KernelQuestion,
): FieldProblem | null {
  const text = (name: string): string =>
    (typeof typed[name] === "string" ? typed[name] : "").trim();
  const [site, operator, layer, when] = ["site", "operator", "layer", "when"].map(text);
  const token = typeof typed.token === "string" ? typed.token : "";
  if (!site && !operator && !layer && !when && token === "")
    return { field: "site", problem: "Say where to stop: fill in at least one field." };
  const kinds = [...new Set(stepper.operators.map(({ kind }) => kind))];
  if (operator && !kinds.includes(operator))
    return {
      field: "operator",
      problem: `No operator is of the kind ${JSON.stringify(operator)}. There are ${kinds.join(", ")}.`,
    };
  const last = Math.max(...stepper.operators.map((each) => each.layer ?? 0));
  if (layer && !(Number.isInteger(Number(layer)) && Number(layer) >= 0 && Number(layer) <= last))
    return { field: "layer", problem: `Expected a layer from 0 to ${last}, got ${layer}.` };
  let condition: BreakpointSource["when"];
  try {
    if (when) condition = compileCondition(when);
  } catch (error) {
    return { field: "when", problem: (error as Error).message };
  }
  try {
    stepper.addBreakpoint({
      ...(site && { site }),
      ...(operator && { operator }),
      ...(layer && { layer: Number(layer) }),
      ...(token !== "" && { token }),
      ...(condition !== undefined && { when: condition }),
    });
    return null;
  } catch (error) {
    if ((error as { code?: unknown }).code !== "ERR_SITE_UNKNOWN") throw error;
    return { field: "site", problem: (error as Error).message };
  }
}
