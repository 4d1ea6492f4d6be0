import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { modelAnatomy } from "../../engine/anatomy/modelAnatomy.ts";
import { countParameters } from "../../engine/cost/parameters.ts";
import {
  type AnatomyPart,
  type AnatomyValue,
  anatomyOf,
  type ModelSpec,
} from "../../engine/index.node.ts";
import { compilePlan } from "../../engine/plan/compilePlan.ts";
import type { Plan } from "../../engine/plan/plan.ts";
import { planMtp } from "../../engine/plan/planMtp.ts";
import { siteCatalog } from "../../engine/plan/sites/siteCatalog.ts";
import { inRepository } from "../../scripts/build/repository.ts";
import { everySpec } from "../fixtures/everySpec.ts";

/** Layers of a part; one nameless one of what stands outside of blocks. */
const layersOf = ({ layers }: AnatomyPart): readonly (number | null)[] =>
  layers.length === 0 ? [null] : layers;
const named = (name: string, layer: number | null): string =>
  layer === null ? name : name.replace("{i}", String(layer));

function plansOf(spec: ModelSpec): { readonly forward: Plan; readonly drafts: Plan | null } {
  const observed = new Set(siteCatalog(spec).map(({ name }) => name));
  return {
    forward: compilePlan(spec, { observed }),
    drafts: spec.mtp === null ? null : planMtp(spec, { logits: "all", observed }),
  };
}

/** Letters stand for the sizes that the plan has. */
function checkAxes(
  tensors: readonly AnatomyValue[],
  layer: number | null,
  planned: ReadonlyMap<string, { readonly shape: readonly (number | string)[] }> | undefined,
): void {
  for (const { name, axes } of tensors) {
    const shape = planned?.get(named(name, layer))?.shape;
    const sizes = shape?.map((axis) => (typeof axis === "number" ? axis : null));
    const letters = axes.map(({ symbol }) => symbol).join(", ");
    assert.deepEqual(
      axes.map(({ size }) => size),
      sizes,
      `${name} (${letters})`,
    );
  }
}

describe("the anatomy of every model", () => {
  for (const [name, spec] of everySpec())
    test(name, () => {
      const anatomy = modelAnatomy(name, spec);
      const counts = { total: 0, active: 0, drafts: 0 };
      const sites: string[] = [];
      const { forward, drafts } = plansOf(spec);
      const operators: string[] = [];
      for (const part of anatomy.parts) {
        const plan = part.kind === "drafts" ? drafts : forward;
        for (const layer of layersOf(part)) {
          if (part.kind === "drafts") counts.drafts += part.parameters;
          else counts.total += part.parameters;
          counts.active += part.activeParameters;
          sites.push(...part.entering.map((site) => named(site.name, layer)));
          for (const { kind, reads, writes, weights, sites: own, does } of part.operators) {
            operators.push(`${kind} ${named(writes[0]?.name ?? "", layer)}`);
            assert.match(does, /^[A-Z].*\.$/);
            sites.push(...own.map((site) => named(site.name, layer)));
            const values = [...reads.filter((one) => !one.name.includes(" ")), ...writes];
            checkAxes(values, layer, plan?.values);
            checkAxes(weights, layer, plan?.weights);
          }
        }
      }
      const { total, active, drafts: drafting } = countParameters(spec);
      assert.deepEqual(counts, { total, active, drafts: drafting });
      const known = siteCatalog(spec).map((site) => site.name);
      assert.deepEqual(sites.toSorted(), known.toSorted(), "every site once");
      const planned = [...forward.ops, ...(drafts?.ops ?? [])];
      const executed = planned.map(({ operator, outputs }) => `${operator.kind} ${outputs[0]}`);
      assert.deepEqual(operators.toSorted(), executed.toSorted(), "every operator once");
    });
});

test("layers that are built alike are told once, whether or not they stand together", () => {
  const layers = (config: string): (readonly number[])[] =>
    anatomyOf(config).parts.map((part) => part.layers);
  const range = (from: number, to: number, by = 1): number[] =>
    Array.from({ length: Math.ceil((to - from) / by) }, (_, i) => from + i * by);
  assert.deepEqual(layers("deepseek-v3"), [[], range(0, 3), range(3, 61), [], []]);
  assert.deepEqual(layers("gpt-oss-20b"), [[], range(0, 24, 2), range(1, 24, 2), []]);
});

test("a model without weights is told by its authors' counts, and by its letters", () => {
  const { model, parts } = anatomyOf("deepseek-v3");
  assert.equal(model.totalParameters, 671_026_419_200);
  const moe = parts[2];
  assert.equal(moe?.title, "multi-head latent attention; 8 of 256 experts and a shared one");
  const down = moe?.operators.find(({ kind }) => kind === "expertsDown");
  assert.deepEqual(
    down?.weights[0]?.axes.map(({ symbol, size }) => `${symbol} ${size}`),
    ["E 256", "M 7168", "F 2048"],
  );
  assert.equal(down?.section, "feedForward");
  assert.equal(down?.sites[0]?.name, "blocks.{i}.mlp.hook_expert_out");
  const attention = moe?.operators.find(({ kind }) => kind === "attention");
  assert.match(attention?.does ?? "", /all keys so far .* sums their latents/);
});

test("a folder, an object and a wrong name", () => {
  const folder = inRepository("test/fixtures/hf-random/gpt_oss");
  assert.equal(anatomyOf(folder).model.name, "gpt_oss");
  assert.throws(() => anatomyOf("deepseek-v4"), {
    code: "ERR_OPTION",
    message: /anatomyOf: expected one of .*, got "deepseek-v4"\. Did you mean deepseek-v/,
  });
  assert.throws(() => anatomyOf({ model_type: "nobody" }), { code: "ERR_ARCHITECTURE" });
});
