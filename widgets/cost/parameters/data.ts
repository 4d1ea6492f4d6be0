import { percent, siNumber } from "../../render/formatNumber.ts";
import { type ClassPart, classParts } from "../classGroups.ts";
import { CLASS_NAMES, type CostTotals } from "../data.ts";

/** What becomes of a parameter while a token is processed. */
export type Fate = "active" | "idle" | "drafting";

export const FATES: readonly {
  readonly fate: Fate;
  readonly name: string;
  readonly means: string;
}[] = [
  { fate: "active", name: "active", means: "a token meets them" },
  { fate: "idle", name: "idle", means: "experts not chosen, rows of the table not read" },
  { fate: "drafting", name: "drafting", means: "serve drafts alone" },
];

/** A part's parameters, from all of them to what becomes of them. */
export interface Flow {
  readonly part: ClassPart;
  readonly parameters: number;
  readonly fates: Readonly<Record<Fate, number>>;
}

/** Parts that have parameters, in the order of their groups. */
export function parameterFlows({ classes }: Pick<CostTotals, "classes">): Flow[] {
  return classParts(classes).flatMap((part) => {
    const { parameters = 0, activeParameters = 0 } = classes[part.index] ?? {};
    if (parameters === 0) return [];
    const isDraft = part.costClass === "mtp";
    const rest = parameters - activeParameters;
    return {
      part,
      parameters,
      fates: { active: activeParameters, idle: isDraft ? 0 : rest, drafting: isDraft ? rest : 0 },
    };
  });
}

export function sumOf(flows: readonly Flow[], fate: Fate | null): number {
  return flows.reduce((sum, { parameters, fates }) => sum + (fate ? fates[fate] : parameters), 0);
}

/** "routed experts: 656 G parameters, 3.3 % active (derived)" */
export function flowText({ part, parameters, fates }: Flow, all: number): string {
  const uses = FATES.filter(({ fate }) => fates[fate] > 0).map(
    ({ fate, name }) => `${siNumber(fates[fate])} ${name}`,
  );
  return `${CLASS_NAMES[part.costClass]}: ${siNumber(parameters)} parameters, ${percent(parameters / all)} of all; ${uses.join(", ")} (derived)`;
}
