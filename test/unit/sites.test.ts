import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { SiteError } from "../../engine/base/errors.ts";
import { normalizeConfig } from "../../engine/model/normalizeConfig.ts";
import { findSite, matchSites } from "../../engine/plan/sites/matchSites.ts";
import { siteCatalog } from "../../engine/plan/sites/siteCatalog.ts";
import { FIXTURES } from "../golden/openModel.ts";

function catalog(name: string) {
  const url = new URL(`../fixtures/hf-random/${name}/config.json`, import.meta.url);
  return siteCatalog(normalizeConfig(JSON.parse(readFileSync(url, "utf8"))));
}

const mla = catalog("deepseek_v3");
const gqa = catalog("llama3");
const names = (sites: readonly { name: string }[]) => sites.map((site) => site.name);

function refuses(wanted: string, suggestion: string, act: () => unknown): void {
  assert.throws(
    act,
    (error) =>
      error instanceof SiteError &&
      error.code === "ERR_SITE_UNKNOWN" &&
      error.message.includes(JSON.stringify(wanted)) &&
      error.message.includes(suggestion),
  );
}

describe("siteCatalog", () => {
  it("gives every site one name, one axis letter per axis, and one sentence", () => {
    for (const sites of FIXTURES.map(catalog)) {
      assert.equal(new Set(names(sites)).size, sites.length);
      for (const { name, dims, shape, meaning } of sites) {
        assert.equal(dims.length, shape.length, name);
        assert.match(meaning, /^[A-Z].*\.$/, name);
      }
    }
  });

  it("has routers only in MoE layers and latents only with MLA", () => {
    assert.ok(names(mla).includes("blocks.1.mlp.hook_router_scores"));
    assert.ok(!names(mla).includes("blocks.0.mlp.hook_router_scores"));
    assert.ok(names(mla).includes("blocks.0.mlp.hook_pre"));
    assert.ok(!names(mla).includes("blocks.1.mlp.hook_pre"));
    assert.ok(names(mla).includes("blocks.0.attn.hook_kv_latent"));
    assert.ok(!names(gqa).includes("blocks.0.attn.hook_kv_latent"));
    const plainQuery = catalog("deepseek_v3_norope_scaling_qproj");
    assert.ok(!names(plainQuery).includes("blocks.0.attn.hook_q_latent"));
  });
});

describe("matchSites", () => {
  it("lets * stand for anything within one part of the name", () => {
    assert.deepEqual(names(matchSites("blocks.*.hook_resid_post", gqa)), [
      "blocks.0.hook_resid_post",
      "blocks.1.hook_resid_post",
    ]);
    assert.deepEqual(names(matchSites("hook_*", gqa)), ["hook_embed", "hook_logits"]);
  });

  it("lets ** stand for anything at all", () => {
    assert.equal(matchSites("**", mla).length, mla.length);
    assert.ok(matchSites("blocks.1.**", mla).every(({ name }) => name.startsWith("blocks.1.")));
  });

  it("takes several globs, by comma or as an array, and gives each site once in the order of the model", () => {
    const wanted = ["hook_embed", "blocks.0.attn.hook_z", "blocks.1.attn.hook_z"];
    assert.deepEqual(names(matchSites("blocks.*.attn.hook_z, hook_embed", gqa)), wanted);
    assert.deepEqual(
      names(matchSites(["blocks.?.attn.hook_z", "*_embed", "hook_embed"], gqa)),
      wanted,
    );
  });

  it("treats the dots of a name as dots", () => {
    refuses("blocks.0xhook_resid_pre", "blocks.0.hook_resid_pre", () =>
      matchSites("blocks.0xhook_resid_pre", gqa),
    );
  });

  it("refuses a glob that matches nothing and suggests the nearest names", () => {
    refuses("blocks.*.attn.hook_paterns", "hook_pattern", () =>
      matchSites(["hook_embed", "blocks.*.attn.hook_paterns"], gqa),
    );
    refuses("blocks.0.hook_resid_pst", "blocks.0.hook_resid_post", () =>
      findSite("blocks.0.hook_resid_pst", gqa),
    );
  });
});
