import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { dictionaryConfig } from "../../engine/dictionary/dictionaryConfig.ts";
import {
  loadDictionary,
  readSafetensors,
  Tensor,
  writeSafetensors,
} from "../../engine/index.node.ts";
import { temporaryFolder } from "../fixtures/temporaryFolder.ts";

const STANDARD = fileURLToPath(new URL("../fixtures/dictionaries/standard/", import.meta.url));
const base = { d_in: 4, d_sae: 8, architecture: "standard", metadata: { hook_name: "hook_embed" } };

describe("a dictionary's cfg.json", () => {
  it("of version 6 and before says the same", () => {
    const old = { d_in: 4, d_sae: 8, hook_point: "hook_embed", activation_fn_str: "relu" };
    assert.deepEqual(
      dictionaryConfig(old),
      dictionaryConfig({ ...base, apply_b_dec_to_input: true }),
    );
    const topk = { ...old, activation_fn_str: "topk", activation_fn_kwargs: { k: 3 } };
    const { k, activation } = dictionaryConfig(topk);
    assert.deepEqual([k, activation], [3, "topk"]);
    assert.equal(dictionaryConfig({ ...old, normalize_activations: true }).needsScale, true);
    assert.equal(dictionaryConfig({ ...old, normalize_activations: false }).needsScale, false);
  });

  it("is refused by the name of what is not carried out", () => {
    const cases: readonly [object, RegExp][] = [
      [
        { architecture: "matching_pursuit" },
        /architecture as one of standard, .*"matching_pursuit"/,
      ],
      [{ activation_fn: "tanh-relu" }, /activation_fn "relu", got "tanh-relu"/],
      [{ normalize_activations: "batch" }, /normalize_activations as one of .*got "batch"/],
      [{ finetuning_scaling_factor: true }, /finetuning_scaling_factor false, got true/],
      [{ metadata: { hook_name: "a", hook_head_index: 2 } }, /hook_head_index 2/],
      [{ reshape_activations: "x" }, /reshape_activations "none" or "hook_z", got "x"/],
      [{ d_sae: 0 }, /a whole number from 1 as d_sae, got 0/],
      [{ architecture: "topk" }, /a whole number from 1 as k, got nothing/],
      [{ architecture: "transcoder" }, /a whole number from 1 as d_out/],
      [
        { architecture: "transcoder", d_out: 4, normalize_activations: "layer_norm" },
        /normalize_activations "none" for a transcoder/,
      ],
    ];
    for (const [fields, message] of cases)
      assert.throws(() => dictionaryConfig({ ...base, ...fields }), {
        code: "ERR_DICTIONARY",
        message,
      });
  });
});

describe("loading a dictionary", () => {
  it("refuses tensors that are not there, of another shape, not finite or left over", async (t) => {
    const folder = await temporaryFolder(t);
    await writeFile(join(folder, "cfg.json"), await readFile(join(STANDARD, "cfg.json")));
    const { tensors } = await readSafetensors(join(STANDARD, "sae_weights.safetensors"));
    const written = async (change: (all: Map<string, Tensor>) => void) => {
      const all = new Map(tensors);
      change(all);
      await writeSafetensors(join(folder, "sae_weights.safetensors"), all);
      return loadDictionary(folder);
    };
    const of = (size: number, value = 0) => new Tensor(new Float32Array(size).fill(value), [size]);
    const cases: readonly [(all: Map<string, Tensor>) => void, RegExp][] = [
      [(all) => all.delete("b_enc"), /a tensor b_enc, got/],
      [(all) => all.set("b_dec", of(3)), /b_dec of shape \(64\), got \(3\)/],
      [(all) => all.set("b_dec", of(64, Number.NaN)), /finite numbers in b_dec, got NaN at 0/],
      [(all) => all.set("b_mag", of(48)), /alone, got also b_mag/],
      [(all) => all.set("scaling_factor", of(48, 2)), /alone, got also scaling_factor/],
    ];
    for (const [change, message] of cases)
      await assert.rejects(written(change), { code: "ERR_DICTIONARY", message });
    await written((all) => all.set("scaling_factor", of(48, 1)));
  });

  it("has a direction of zeros, not NaN, of a feature whose decoder row is zeros", async (t) => {
    const topk = fileURLToPath(new URL("../fixtures/dictionaries/topk/", import.meta.url));
    const folder = await temporaryFolder(t);
    await writeFile(join(folder, "cfg.json"), await readFile(join(topk, "cfg.json")));
    const { tensors } = await readSafetensors(join(topk, "sae_weights.safetensors"));
    const decoder = tensors.get("W_dec") ?? assert.fail();
    const dead = decoder.map((x, i) => (i < 64 ? 0 : x));
    await writeSafetensors(
      join(folder, "sae_weights.safetensors"),
      new Map<string, Tensor>([...tensors, ["W_dec", dead]]),
    );
    const dictionary = await loadDictionary(folder);
    assert.ok(dictionary.decoder(0).data.every((x) => x === 0));
    assert.ok(Math.abs(dictionary.decoder(1).norm() - 1) < 1e-6, "one unit of the others");
  });

  it("asks for what the file leaves open, and for a folder with one", async (t) => {
    const scaled = fileURLToPath(new URL("../fixtures/dictionaries/scaled/", import.meta.url));
    await assert.rejects(loadDictionary(scaled), {
      code: "ERR_OPTION",
      message:
        /activationScale: expected a number above 0, since .*expected_average_only_in, got nothing/,
    });
    await assert.rejects(
      loadDictionary(STANDARD, { siteOut: "hook_embed" }),
      /expected a transcoder/,
    );
    await assert.rejects(loadDictionary(await temporaryFolder(t)), /expected cfg\.json in/);
    const folder = await temporaryFolder(t);
    const json = JSON.parse(await readFile(join(STANDARD, "cfg.json"), "utf8"));
    await writeFile(join(folder, "cfg.json"), JSON.stringify({ ...json, metadata: {} }));
    const weights = await readFile(join(STANDARD, "sae_weights.safetensors"));
    await writeFile(join(folder, "sae_weights.safetensors"), weights);
    await assert.rejects(loadDictionary(folder), /expected the name of a site, got nothing/);
    assert.equal((await loadDictionary(folder, { site: "hook_embed" })).site, "hook_embed");
  });
});
