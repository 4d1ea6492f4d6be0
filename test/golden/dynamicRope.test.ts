import assert from "node:assert/strict";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { describe, it, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { Execution } from "../../engine/execute/execution.ts";
import { attentionForm } from "../../engine/plan/attentionForm.ts";
import { concatenate } from "../../engine/tensor/concatenate.ts";
import type { HostArray } from "../../engine/tensor/tensor.ts";
import { readGolden } from "../../scripts/accuracy/golden.ts";
import { temporaryFolder } from "../fixtures/temporaryFolder.ts";
import { assertClose, assertSameBits } from "./compare.ts";
import { fixtureFolder, openDevice, openModel } from "./openModel.ts";

/** hf-random/llama3 with dynamic NTK scaling beyond 16 positions, and what transformers makes of it: make_configs.py. */
const golden = await readGolden(
  fileURLToPath(new URL("../fixtures/configs/dynamic.golden.safetensors", import.meta.url)),
);
const PROMPT = 12;

async function scaledFolder(t: TestContext): Promise<string> {
  const folder = await temporaryFolder(t);
  const source = fixtureFolder("llama3");
  const { rope_parameters: _, ...config } = JSON.parse(
    readFileSync(`${source}config.json`, "utf8"),
  );
  const rope_scaling = { type: "dynamic", factor: 4 };
  const scaled = { ...config, max_position_embeddings: 16, rope_theta: 10_000, rope_scaling };
  writeFileSync(`${folder}/config.json`, JSON.stringify(scaled));
  copyFileSync(`${source}model.safetensors`, `${folder}/model.safetensors`);
  return folder;
}

const site = (name: string) => {
  const found = golden.sites.get(name);
  assert.ok(found, name);
  return found.data;
};

for (const backendName of ["reference", "cpu", "webgpu"] as const)
  describe(`dynamic NTK scaling on ${backendName}`, () => {
    it("turns a prompt beyond the trained length as its length asks for, in chunks and in replays", async (t) => {
      const { model } = await openModel(backendName, await scaledFolder(t));
      assert.equal(model.spec.contextLength, 64);
      const run = await model.run(golden.ids, { logits: "all" });
      assertClose(run.logits.data, site("prompt"), 1e-4, "logits");
      const chunked = await model.run(golden.ids, { chunkSize: 7, logits: "all" });
      assertClose(chunked.logits.data, site("prompt"), 1e-4, "in chunks");
      const captured = await model.run(golden.ids, { capture: "blocks.1.hook_resid_pre" });
      const replayed = await run.get("blocks.1.hook_resid_pre");
      assertSameBits(replayed, await captured.get("blocks.1.hook_resid_pre"), "replayed");
      model.dispose();
    });

    it("turns every prompt by its own length, whatever lengths came before", async (t) => {
      const folder = await scaledFolder(t);
      const used = (await openModel(backendName, folder)).model;
      const chunks = { chunkSize: 7 }; // so that all of them take turns in one set of buffers
      const lengths = [golden.ids.length, 12, 20, golden.ids.length];
      for (const length of lengths) {
        const fresh = (await openModel(backendName, folder)).model;
        const ids = golden.ids.slice(0, length);
        const [got, wanted] = [await used.run(ids, chunks), await fresh.run(ids, chunks)];
        assertSameBits(await got.get("hook_logits"), await wanted.get("hook_logits"), `${length}`);
        fresh.dispose();
      }
      used.dispose();
    });

    it("turns every token that is decoded as its own position asks for", async (t) => {
      const device = await openDevice(backendName, await scaledFolder(t));
      const { ids } = golden;
      const execution = new Execution(device, {
        capacity: ids.length,
        nPrompt: PROMPT,
        rows: PROMPT,
        capture: new Set(),
      });
      const form = attentionForm(device.spec, 1);
      const rows: HostArray[] = [await execution.step(ids.slice(0, PROMPT), form, "prefill")];
      for (const id of ids.slice(PROMPT)) rows.push(await execution.step([id], form, "decode"));
      assertClose(concatenate(rows), site("decoded"), 1e-4, "decoded");
      execution.dispose();
      device.backend.dispose();
    });
  });
