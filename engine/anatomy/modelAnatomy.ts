import { modelRecord } from "../cost/modelRecord.ts";
import { classedWeights } from "../cost/parameters.ts";
import type { LayerSpec, ModelSpec } from "../model/spec.ts";
import { blockName } from "../plan/blockName.ts";
import { compilePlan } from "../plan/compilePlan.ts";
import type { PlanOp } from "../plan/plan.ts";
import { planMtp } from "../plan/planMtp.ts";
import type { Site } from "../plan/sites/site.ts";
import { siteCatalog } from "../plan/sites/siteCatalog.ts";
import type { AnatomyPart, ModelAnatomy } from "../trace/schema.ts";
import { anatomyPart, type PartSource } from "./anatomyPart.ts";
import { blockTitle } from "./partTitle.ts";
import { symbolSizes } from "./shapeSymbols.ts";
import { ownerOf } from "./siteOwners.ts";

const OF_BLOCK = /^(blocks|mtp)\.\d+\./;

/** A model as its plan has it, with every site at its operator; layers that are built alike are told once. */
export function modelAnatomy(name: string, spec: ModelSpec): ModelAnatomy {
  const { hash: _, ...model } = modelRecord(name, "", spec);
  const sites = siteCatalog(spec);
  const observed = new Set(sites.map((site) => site.name)); // so that no fusion swallows a site
  const plan = compilePlan(spec, { observed });
  const newWeights = new Map(classedWeights(spec).map((weight) => [weight.name, weight]));
  const [before, behind] = outsideOf(plan.ops);
  const outside = (kind: "input" | "output", title: string, ops: readonly PlanOp[]) =>
    alone({
      ...{ kind, title, plan, ops, own: null, prefix: "", shown: "" },
      sites: sites.filter((site) => !OF_BLOCK.test(site.name) && ownerOf(ops, site) !== undefined),
      symbols: symbolSizes(spec, null, true),
      newWeights: kind === "input" ? newWeights : without(newWeights, before),
    });
  const blocks = spec.layers.map((own, layer): PartSource => {
    const prefix = blockName(spec, layer);
    return {
      ...{ kind: "block", title: blockTitle(spec, own), plan, own, prefix, shown: "blocks.{i}" },
      ops: plan.ops.filter((op) => op.layer === layer),
      sites: sites.filter((site) => site.name.startsWith(`${prefix}.`)),
      symbols: symbolSizes(spec, own, false),
      newWeights,
    };
  });
  return {
    model,
    parts: [
      outside("input", "tokens to numbers", before),
      ...foldLayers(blocks),
      outside("output", "numbers to logits", behind),
      ...(spec.mtp === null ? [] : [drafts(spec, spec.mtp.layer, sites, observed)]),
    ],
  };
}

/** Layers with the same operators, sizes and sites become one part, in the order of their first ones. */
function foldLayers(sources: readonly PartSource[]): AnatomyPart[] {
  const parts = new Map<string, AnatomyPart & { readonly layers: number[] }>();
  sources.forEach((source, layer) => {
    const own = anatomyPart(source);
    const key = JSON.stringify(own);
    const part = parts.get(key);
    if (part === undefined) parts.set(key, { ...own, layers: [layer] });
    else part.layers.push(layer);
  });
  return [...parts.values()];
}

function alone(source: PartSource): AnatomyPart {
  return { ...anatomyPart(source), layers: [] };
}

function drafts(
  spec: ModelSpec,
  own: LayerSpec,
  sites: readonly Site[],
  observed: ReadonlySet<string>,
): AnatomyPart {
  const prefix = blockName(spec, spec.nLayers);
  const plan = planMtp(spec, { logits: "all", observed });
  const counted = classedWeights(spec).filter(({ costClass }) => costClass === "mtp");
  return alone({
    kind: "drafts",
    title: `the token after next: ${blockTitle(spec, own)}`,
    ...{ plan, own, prefix, shown: prefix, ops: plan.ops },
    sites: sites.filter((site) => site.name.startsWith(`${prefix}.`)),
    symbols: symbolSizes(spec, own, true),
    newWeights: new Map(counted.map((weight) => [weight.name, weight])),
  });
}

/** Operators before the first block, and behind the last. */
function outsideOf(ops: readonly PlanOp[]): readonly [readonly PlanOp[], readonly PlanOp[]] {
  const first = ops.findIndex(({ layer }) => layer !== null);
  const last = ops.findLastIndex(({ layer }) => layer !== null);
  return [ops.slice(0, first), ops.slice(last + 1)];
}

/** Weights that operators before do not read: a head that is the embedding table counts there. */
function without(
  weights: PartSource["newWeights"],
  before: readonly PlanOp[],
): PartSource["newWeights"] {
  const read = new Set(before.flatMap((op) => op.weights));
  return new Map([...weights].filter(([name]) => !read.has(name)));
}
