import { costClassOf } from "../cost/costClass.ts";
import type { ClassedWeight } from "../cost/parameters.ts";
import type { LayerSpec } from "../model/spec.ts";
import type { Plan, PlanOp } from "../plan/plan.ts";
import type { Site } from "../plan/sites/site.ts";
import type {
  AnatomyOperator,
  AnatomyPart,
  AnatomySection,
  AnatomySite,
  AnatomyValue,
  AnatomyWeight,
} from "../trace/schema.ts";
import { operatorSentence } from "./operatorSentences.ts";
import { axesOf, type SymbolSizes } from "./shapeSymbols.ts";
import { siteOwners } from "./siteOwners.ts";
import { valueAxes, weightAxes } from "./valueAxes.ts";

/** Operators of a plan that stand together, and what their names mean. */
export interface PartSource {
  readonly kind: AnatomyPart["kind"];
  readonly title: string;
  readonly plan: Plan;
  readonly ops: readonly PlanOp[];
  readonly sites: readonly Site[];
  /** The block that it is; null outside of blocks. */
  readonly own: LayerSpec | null;
  /** What names of it begin with, and what stands for that: "blocks.3" and "blocks.{i}". */
  readonly prefix: string;
  readonly shown: string;
  readonly symbols: SymbolSizes;
  /** Weights that no part before reads. */
  readonly newWeights: ReadonlyMap<string, ClassedWeight>;
}

/** A part told by its operators. */
export function anatomyPart(source: PartSource): Omit<AnatomyPart, "layers"> {
  const { kind, title, ops, symbols } = source;
  const { owned, left } = siteOwners(ops, source.sites);
  const sections = sectionsOf(source);
  const counted = new Set<string>();
  const operators = ops.map((op, i) =>
    anatomyOperator(source, op, sections[i] ?? "behind", owned.get(op) ?? [], counted),
  );
  const weights = operators.flatMap((operator) => operator.weights);
  const sum = (of: (weight: AnatomyWeight) => number) =>
    weights.reduce((total, weight) => total + of(weight), 0);
  return {
    kind,
    title,
    symbols,
    entering: left.map((site) => anatomySite(source, site)),
    operators,
    parameters: sum(({ parameters }) => parameters),
    activeParameters: sum(({ activeParameters }) => activeParameters),
  };
}

/** @param counted names of weights that operators before it have; its own join them */
function anatomyOperator(
  source: PartSource,
  op: PlanOp,
  section: AnatomySection,
  sites: readonly Site[],
  counted: Set<string>,
): AnatomyOperator {
  const { plan, own, symbols, newWeights } = source;
  const value = (name: string): AnatomyValue => ({
    name: shownName(source, name),
    axes: axesOf(valueAxes(localName(source, name), own), symbols),
  });
  const weight = (name: string): AnatomyWeight => {
    const first = counted.has(name) ? undefined : newWeights.get(name);
    counted.add(name);
    return {
      name: shownName(source, name),
      axes: axesOf(weightAxes(localName(source, name), own), symbols),
      parameters: first?.count ?? 0,
      activeParameters: first?.active ?? 0,
    };
  };
  const isShared = (name: string) => plan.values.get(name)?.role === "table";
  return {
    kind: op.operator.kind,
    costClass: costClassOf(op),
    section,
    does: operatorSentence(op, (name) => localName(source, name)),
    reads: op.inputs
      .filter((name) => !isShared(name))
      .map((name) => ofBlockBefore(source, name, value)),
    writes: op.outputs.map(value),
    weights: op.weights.map(weight),
    sites: sites.map((site) => anatomySite(source, site)),
  };
}

/** What a block reads of the one before it is called the same in every layer. */
function ofBlockBefore(
  { plan, ops, kind, own }: PartSource,
  name: string,
  value: (name: string) => AnatomyValue,
): AnatomyValue {
  const isOwn = ops.some(({ outputs }) => outputs.includes(name));
  if (kind !== "block" || isOwn) return value(name);
  const nAxes = plan.values.get(name)?.shape.length;
  const residual = own !== null && nAxes === 3 ? "hook_streams_post" : "hook_resid_post";
  return { ...value(residual), name: "what enters the block" };
}

function anatomySite(source: PartSource, { name, dims, shape, meaning }: Site): AnatomySite {
  return { name: shownName(source, name), dims, shape, meaning };
}

function localName({ prefix }: PartSource, name: string): string {
  return name.startsWith(`${prefix}.`)
    ? name.slice(prefix.length + 1)
    : name.replace(/^blocks\.\d+\./, "");
}

function shownName({ prefix, shown }: PartSource, name: string): string {
  return name.startsWith(`${prefix}.`) ? `${shown}${name.slice(prefix.length)}` : name;
}

/** Halves of a block end where the residual behind them is written. */
function sectionsOf({ kind, ops, prefix }: PartSource): AnatomySection[] {
  if (kind === "input") return ops.map(() => "before");
  if (kind === "output") return ops.map(() => "behind");
  const last = (place: string) =>
    ops.findIndex(({ outputs }) =>
      outputs.some(
        (name) =>
          name === `${prefix}.hook_resid_${place}` || name === `${prefix}.hook_streams_${place}`,
      ),
    );
  const [pre, mid, post] = [last("pre"), last("mid"), last("post")];
  return ops.map((_, i) =>
    i <= pre ? "before" : i <= mid ? "attention" : i <= post ? "feedForward" : "behind",
  );
}
