import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import type { BackendName } from "../../engine/backend/backend.ts";
import type { Model } from "../../engine/index.ts";
import { readNpy } from "../fixtures/readNpy.ts";
import { assertSameBits } from "./compare.ts";
import { openModel } from "./openModel.ts";

/** Random models with a module for multi-token prediction; how they were made: test/fixtures/mtp/make_mtp.py. */
function mtpFolder(name: "shared" | "own" | "glm"): string {
  return fileURLToPath(new URL(`../fixtures/mtp/${name}/`, import.meta.url));
}

/** What every backend must show of the draft module. */
export function mtpSuite(backendName: BackendName): void {
  for (const name of ["shared", "own", "glm"] as const)
    describe(`${backendName}: multi-token prediction, ${name}`, () => {
      const folder = mtpFolder(name);
      const ids = [...readNpy(`${folder}ids.npy`).data];
      const opened: Promise<Model>[] = [];
      const open = () => {
        opened[0] ??= openModel(backendName, folder).then(({ model }) => model);
        return opened[0];
      };
      after(async () => (await opened[0])?.dispose());

      it("shares tables that equal the model's bit for bit, and loads the module's own", async () => {
        const { spec, ignoredTensors } = await open();
        const isOwn = name === "own";
        assert.equal(spec.mtp?.ownEmbedding, isOwn);
        assert.equal(spec.mtp?.ownHead, isOwn);
        const copies = [
          "model.layers.2.embed_tokens.weight",
          "model.layers.2.shared_head.head.weight",
        ];
        assert.deepEqual([...ignoredTensors].sort(), isOwn ? [] : copies);
      });

      it("gives the same bits whether its sites are captured or asked for afterwards", async () => {
        const model = await open();
        model.freeIdle();
        const before = model.deviceMemory();
        const watched = await model.run(ids, { capture: "mtp.**", chunkSize: 7, logits: "all" });
        const plain = await model.run(ids, { chunkSize: 7, logits: "all" });
        assertSameBits(watched.logits, plain.logits, "logits");
        const sites = plain.sites().filter((site) => site.name.startsWith("mtp.0."));
        assert.ok(sites.length > 20 && sites.every(({ state }) => state === "replayed"));
        for (const site of sites)
          assertSameBits(await plain.get(site.name), await watched.get(site.name), site.name);
        const pattern = await plain.get("mtp.0.attn.hook_pattern", { head: 1, query: -1 });
        assert.ok(Math.abs([...pattern.data].reduce((a, b) => a + b) - 1) < 1e-5);
        plain.dispose();
        watched.dispose();
        model.freeIdle();
        assert.deepEqual(model.deviceMemory(), before);
      });
    });
}
