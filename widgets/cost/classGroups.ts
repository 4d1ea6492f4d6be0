import type { ClassCost, CostClass } from "../../engine/trace/schema.ts";
import type { Tone } from "../render/chart/tones.ts";

interface ClassGroup {
  readonly name: string;
  /** From below to above where they are stacked. */
  readonly classes: readonly (readonly [CostClass, Tone])[];
}

/** Parts of the model by what they belong to: a group has a hue, its parts are told apart by lightness. */
const CLASS_GROUPS: readonly ClassGroup[] = [
  {
    name: "attention",
    classes: [
      ["attentionProjections", "blue0"],
      ["attentionScores", "blue1"],
      ["indexer", "blue2"],
    ],
  },
  {
    name: "feed-forward",
    classes: [
      ["routedExperts", "green0"],
      ["sharedExpert", "green1"],
      ["dense", "green2"],
      ["router", "green3"],
    ],
  },
  {
    name: "vocabulary",
    classes: [
      ["head", "purple0"],
      ["embedding", "purple1"],
    ],
  },
  { name: "drafting", classes: [["mtp", "rose0"]] },
  {
    name: "between",
    classes: [
      ["norms", "grey0"],
      ["residual", "grey1"],
    ],
  },
];

/** A part of the model as pictures stack and colour it. */
export interface ClassPart {
  readonly costClass: CostClass;
  readonly group: string;
  readonly tone: Tone;
  /** Its place among a record's classes. */
  readonly index: number;
}

/** The classes of a record, group by group. */
export function classParts(classes: readonly Pick<ClassCost, "costClass">[]): ClassPart[] {
  return CLASS_GROUPS.flatMap(({ name, classes: members }) =>
    members.map(([costClass, tone]) => ({
      costClass,
      group: name,
      tone,
      index: classes.findIndex((one) => one.costClass === costClass),
    })),
  ).filter(({ index }) => index >= 0);
}

export function toneOf(costClass: CostClass): Tone {
  const all = CLASS_GROUPS.flatMap(({ classes }) => classes);
  return all.find(([known]) => known === costClass)?.[1] ?? "grey0";
}
