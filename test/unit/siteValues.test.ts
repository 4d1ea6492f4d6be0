import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { layerOf } from "../../engine/model/layerOf.ts";
import { normalizeConfig } from "../../engine/model/normalizeConfig.ts";
import type { ModelSpec } from "../../engine/model/spec.ts";
import { uniformForm } from "../../engine/plan/attentionForm.ts";
import { compilePlan } from "../../engine/plan/compilePlan.ts";
import type { Axis, Plan } from "../../engine/plan/plan.ts";
import { planMtp } from "../../engine/plan/planMtp.ts";
import type { Site } from "../../engine/plan/sites/site.ts";
import { siteCatalog } from "../../engine/plan/sites/siteCatalog.ts";
import { siteValue } from "../../engine/plan/sites/siteValue.ts";
import { MIXED_SPEC } from "../fixtures/mixedModel.ts";
import { FIXTURES, MIXED } from "../golden/openModel.ts";

function specOf(name: string): ModelSpec {
  const url = new URL(`../fixtures/hf-random/${name}/config.json`, import.meta.url);
  return normalizeConfig(JSON.parse(readFileSync(url, "utf8")));
}

/** The fixtures', and those that no checkpoint has: layers that all differ, and streams from the first layer on. */
const SPECS: readonly (readonly [name: string, spec: ModelSpec])[] = [
  ...FIXTURES.map((name) => [name, specOf(name)] as const),
  [MIXED, MIXED_SPEC],
  ["streams behind learned positions", { ...MIXED_SPEC, ...streamsFromTheFirst() }],
];

function streamsFromTheFirst(): Partial<ModelSpec> {
  const layers = MIXED_SPEC.layers.slice(6);
  return { learnedPositions: true, nLayers: layers.length, layers };
}

/** A spec's plans of each form, the draft module's among them, with all values observed that sites are read from. */
function plansOf(spec: ModelSpec, catalog: readonly Site[]): Plan[] {
  const observed = new Set(catalog.flatMap(({ needs }) => needs));
  return (["absorbed", "expanded"] as const).flatMap((form) => [
    compilePlan(spec, { form: uniformForm(spec, form), observed }),
    ...(spec.mtp === null
      ? []
      : [
          planMtp(spec, {
            form: uniformForm({ layers: [layerOf(spec, spec.nLayers)] }, form),
            observed,
            logits: "all",
          }),
        ]),
  ]);
}

/** One stream is what the block before left, or an embedding; several are what it left. */
const behind = (entering: string): RegExp =>
  entering.endsWith("hook_streams_pre") ? /hook_streams_post$/ : /hook_(resid_post|embed)$/;

const isSiteName = (name: string): boolean => /(^|\.)hook_[a-z_]+$/.test(name);
/** Of the flattened row behind the axis of tokens, as text. */
const width = (shape: readonly (Axis | "S")[]): string =>
  shape
    .slice(1)
    .map((axis) => (axis === "context" ? "S" : axis))
    .reduce<number | string>(
      (size, axis) => (typeof size === "number" && typeof axis === "number" ? size * axis : "S"),
      1,
    )
    .toString();

describe("the sites of a plan and the catalog of sites", () => {
  for (const [name, spec] of SPECS) {
    const catalog = siteCatalog(spec);
    const plans = plansOf(spec, catalog);
    const ofSite = (site: Site): Plan[] =>
      plans.filter(({ values }) => values.has("mtp.0.hook_embed") === site.name.startsWith("mtp."));

    it(`of ${name}: every value with a site's name has its row`, () => {
      const rows = new Set(catalog.map((site) => site.name));
      const values = plans.flatMap((plan) => [...plan.values.keys()]).filter(isSiteName);
      assert.ok(values.length > 0);
      assert.deepEqual(
        values.filter((value) => !rows.has(value)),
        [],
      );
    });

    it(`of ${name}: every row is of values that every form has, as wide and of its dtype`, () => {
      for (const site of catalog)
        for (const plan of ofSite(site)) {
          for (const needed of site.needs)
            assert.ok(plan.values.has(needed), `${site.name} needs ${needed} (${plan.form})`);
          if (site.source.kind === "logits") assert.ok(plan.values.has(site.name));
          if (site.source.kind !== "stored") continue;
          const { name: held, count } = siteValue(plan, site);
          const value = plan.values.get(held);
          assert.ok(value, `${site.name} is held by ${held} (${plan.form})`);
          assert.equal(value.dtype, site.dtype, site.name);
          assert.equal(count === null ? "S" : String(count), width(site.shape), site.name);
          if (site.source.columns === undefined)
            assert.equal(width(value.shape), width(site.shape), site.name);
          assert.ok(
            plan.ops.some(({ outputs }) => outputs.includes(held)),
            `${held} is written`,
          );
        }
    });

    it(`of ${name}: what is stored under another name is in a cache, or the block before left it`, () => {
      const elsewhere = catalog.filter(
        ({ name: own, source }) => source.kind === "stored" && source.value !== own,
      );
      for (const { name: own, needs } of elsewhere)
        assert.match(
          needs.join(),
          /hook_(resid|streams)_pre$/.test(own) ? behind(own) : /\.cache(_k|_v|_index)?$/,
        );
    });
  }

  it("the width of a row of index scores differs from step to step", () => {
    const spec = specOf("deepseek_v32");
    const site = siteCatalog(spec).find((each) => each.name.endsWith("hook_index_scores"));
    assert.ok(site);
    assert.equal(siteValue(compilePlan(spec), site).count, null);
  });
});
