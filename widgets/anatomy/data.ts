import type {
  AnatomyAxis,
  AnatomyOperator,
  AnatomyPart,
  AnatomySection,
  CostClass,
  ModelAnatomy,
} from "../../engine/trace/schema.ts";
import { classParts } from "../cost/classGroups.ts";
import { percent, siNumber } from "../render/formatNumber.ts";

/** Synced with the page: a model is told in tens of kilobytes, since layers that are built alike stand in it once. */
export interface AnatomyState {
  /** Of the run whose other pictures share the layer that is picked; else a name of this picture's own. */
  readonly runId: string;
  readonly anatomy: ModelAnatomy;
}

export const SECTION_NAMES: Readonly<Record<AnatomySection, string>> = {
  before: "before",
  attention: "attention",
  feedForward: "feed-forward",
  behind: "behind",
};

const PART_NAMES = { input: "Input", output: "Output", drafts: "Draft module" } as const;

/** How often a part is there: as often as it has layers. */
export function timesOf({ layers }: AnatomyPart): number {
  return Math.max(1, layers.length);
}

/** "Input", "Layers 3 to 60" */
export function partName({ kind, layers }: AnatomyPart): string {
  if (kind !== "block") return PART_NAMES[kind];
  return `Layer${layers.length === 1 ? "" : "s"} ${layersText(layers)}`;
}

/** "3 to 60", "0, 2 … 22", "1, 4, 5": ascending layers in as few words as say all of them. */
export function layersText(layers: readonly number[]): string {
  const [first = 0, second = first, third] = layers;
  const last = layers.at(-1) ?? first;
  const step = second - first;
  const isEven = layers.every((layer, i) => layer === first + i * step);
  if (!isEven || third === undefined) return layers.join(", ");
  return step === 1 ? `${first} to ${last}` : `${first}, ${second} … ${last}`;
}

/** "(T, H, D)" */
export function shapeLetters(axes: readonly AnatomyAxis[]): string {
  return `(${axes.map(({ symbol }) => symbol).join(", ")})`;
}

/** "(T, 128, 192)" */
export function shapeNumbers(axes: readonly AnatomyAxis[]): string {
  return `(${axes.map(({ symbol, size }) => size ?? symbol).join(", ")})`;
}

/** "(T, M) × (H·D, M) → (T, H, D)": what an operator reads, its weights, what it writes. */
export function formulaOf({ reads, weights, writes }: AnatomyOperator): string {
  const letters = (all: readonly { readonly axes: readonly AnatomyAxis[] }[]) =>
    all.map(({ axes }) => shapeLetters(axes)).join(", ");
  const read = [reads, weights].filter((all) => all.length > 0).map(letters);
  return `${read.join(" × ")} → ${letters(writes)}`;
}

/** A name as one layer has it. */
export function nameAt(name: string, layer: number | null): string {
  return layer === null ? name : name.replace("{i}", String(layer));
}

/** What an operator is called within its part: the first value that it writes. */
export function operatorName({ writes }: AnatomyOperator): string {
  return withinPart(writes[0]?.name ?? "");
}

function withinPart(name: string): string {
  return name.replace(/^(blocks|mtp)\.(\{i\}|\d+)\./, "");
}

/** Parameters of a part of the model within a part of the picture, all its layers together. */
export interface ClassShare {
  readonly costClass: CostClass;
  readonly parameters: number;
  readonly active: number;
}

/** What a part's parameters belong to, in the order of their groups; what has none is left out. */
export function classShares(part: AnatomyPart): ClassShare[] {
  const times = timesOf(part);
  const found = new Map<CostClass, ClassShare>();
  for (const { costClass, weights } of part.operators)
    for (const { parameters, activeParameters } of weights) {
      const known = found.get(costClass) ?? { costClass, parameters: 0, active: 0 };
      found.set(costClass, {
        costClass,
        parameters: known.parameters + times * parameters,
        active: known.active + times * activeParameters,
      });
    }
  const shares = [...found.values()].filter(({ parameters }) => parameters > 0);
  return classParts(shares).flatMap(({ index }) => shares[index] ?? []);
}

/** Of an operator's weights, in one layer. */
export function operatorParameters({ weights }: AnatomyOperator): {
  readonly parameters: number;
  readonly active: number;
} {
  const sum = (of: (weight: (typeof weights)[number]) => number) =>
    weights.reduce((total, weight) => total + of(weight), 0);
  return { parameters: sum((w) => w.parameters), active: sum((w) => w.activeParameters) };
}

/** "58 × 11.5 G = 667 G parameters, 5.1 % active" */
export function parametersText(part: AnatomyPart): string {
  const { parameters } = part;
  if (parameters === 0) return "no parameters of its own";
  const times = timesOf(part);
  const all = times === 1 ? "" : `${times} × ${siNumber(parameters)} = `;
  return `${all}${siNumber(times * parameters)} parameters, ${activeText(part)}`;
}

function activeText({ kind, parameters, activeParameters: active }: AnatomyPart): string {
  if (kind === "drafts") return "which only draft";
  if (active === 0) return "of which a token reads one row";
  return active === parameters ? "all active" : `${percent(active / parameters)} active`;
}

/** "deepseek-v3 · deepseek_v3 · 671 G parameters, 36.6 G active" */
export function describeModel({ model }: ModelAnatomy): string {
  const { name, architecture, totalParameters, activeParameters, draftParameters } = model;
  const drafts = draftParameters > 0 ? `, ${siNumber(draftParameters)} more only draft` : "";
  return `${name} · ${architecture} · ${model.nLayers} layers · ${siNumber(totalParameters)} parameters, ${siNumber(activeParameters)} active${drafts}`;
}

/** "1 operator", "24 operators" */
export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

/** The same picture in words. */
export function anatomyText(anatomy: ModelAnatomy): string {
  const lines = anatomy.parts.map(
    (part) =>
      `${partName(part)}: ${part.title}; ${counted(part.operators.length, "operator")}; ${parametersText(part)}`,
  );
  return [`Anatomy of ${describeModel(anatomy)}`, ...lines].join("\n");
}
