import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { offloadExperts } from "../../engine/backend/offload/offloadExperts.ts";
import { createModel } from "../../engine/createModel.ts";
import type { Model } from "../../engine/model.ts";
import { openCheckpoint } from "../../engine/weights/openCheckpoint.node.ts";
import { lendBackend } from "./lendBackend.ts";
import { expected, fixtureFolder } from "./openModel.ts";

const GREEDY = { temperature: 0, ignoreEos: true, stop: [], maxTokens: 6 };

/** Weights in floats, with biases, and packed. */
const FIXTURES = ["mixtral", "qwen3_moe", "gpt_oss", "deepseek_v3", "gpt_oss_mxfp4"] as const;

type Fixture = (typeof FIXTURES)[number];

function folderOf(fixture: Fixture): string {
  if (fixture !== "gpt_oss_mxfp4") return fixtureFolder(fixture);
  return fileURLToPath(new URL("../fixtures/formats/gpt_oss_mxfp4/", import.meta.url));
}

function promptOf(fixture: Fixture): number[] {
  return expected(fixture === "gpt_oss_mxfp4" ? "gpt_oss" : fixture).ids;
}

async function open(backendName: "cpu" | "webgpu", fixture: Fixture, cacheBytes: number | null) {
  const inner = await lendBackend(backendName);
  const backend = cacheBytes === null ? inner : offloadExperts(inner, cacheBytes);
  const checkpoint = await openCheckpoint(folderOf(fixture));
  try {
    return { model: await createModel(checkpoint, { tokenizer: null, backend }), backend };
  } finally {
    await checkpoint.close();
  }
}

async function continued(model: Model, ids: readonly number[]): Promise<number[]> {
  const generation = model.generate(ids, GREEDY);
  const found: number[] = [];
  for await (const { id } of generation) found.push(id);
  generation.run.dispose();
  return found;
}

for (const backendName of ["cpu", "webgpu"] as const)
  for (const fixture of FIXTURES)
    describe(`experts of ${fixture} in host memory on ${backendName}`, () => {
      test("give the bits of experts on the device, in runs, generations and batches", async () => {
        const ids = promptOf(fixture);
        const short = ids.slice(0, 7);
        const whole = await open(backendName, fixture, null);
        const given = { logits: "all", capture: "blocks.*.hook_resid_post" } as const;
        const wanted = await whole.model.run(ids, given);
        const sites = ["blocks.0.hook_resid_post", "blocks.1.hook_resid_post"];
        const values = await Promise.all(sites.map((site) => wanted.get(site)));
        const alone = await whole.model.run(short, { logits: "all" });
        const text = await continued(whole.model, ids);
        assert.equal(whole.model.deviceMemory().experts, undefined);
        whole.model.dispose();

        const all = await open(backendName, fixture, 2 ** 40);
        (await all.model.run(short)).dispose();
        const { hostBytes = 0, deviceBytes: bytes = 0 } = all.model.deviceMemory().experts ?? {};
        assert.ok(hostBytes > 0 && bytes > 0, `${hostBytes} bytes in host memory`);
        all.model.dispose();
        const { model, backend } = await open(backendName, fixture, Math.ceil(bytes * 0.7));
        const run = await model.run(ids, given);
        assert.deepEqual(run.logits.data, wanted.logits.data);
        for (const [i, site] of sites.entries())
          assert.deepEqual((await run.get(site)).data, values[i]?.data, site);
        const { hits, misses, deviceBytes } = model.deviceMemory().experts ?? {};
        assert.ok(misses !== undefined && hits !== undefined && deviceBytes !== undefined);
        const { nExperts } = model.record;
        assert.ok(misses > 0 && hits > 0, `${hits} hits, ${misses} misses of ${nExperts} experts`);
        assert.ok(deviceBytes < bytes, `${deviceBytes} of ${bytes} bytes on the device`);
        assert.deepEqual(await continued(model, ids), text);
        const runs = await model.runAll([ids, short], { logits: "all" }).all();
        assert.deepEqual(runs[0]?.logits.data, wanted.logits.data);
        assert.deepEqual(runs[1]?.logits.data, alone.logits.data);
        const measured = await model.run(short, { logits: "all", profile: true });
        assert.deepEqual(measured.logits.data, alone.logits.data);
        assert.ok(
          measured.profile().some(({ kind, timeNs }) => kind === "expertsUp" && timeNs > 0),
        );
        for (const each of [run, ...runs, measured]) each.dispose();
        model.dispose();
        assert.deepEqual({ ...backend.memory }, { tensors: 0, bytes: 0 });
      });

      test("are refused room for fewer than a token takes", async () => {
        const { model } = await open(backendName, fixture, 1);
        await assert.rejects(model.run(promptOf(fixture).slice(0, 3)), {
          code: "ERR_EXPERT_CACHE",
          message: /^expertCacheBytes: expected at least \d+ bytes, .* got 1\. Load/,
        });
        model.dispose();
      });
    });

test("room for experts is a number of bytes", async () => {
  const backend = await lendBackend("cpu");
  for (const bytes of [0, -1, 0.5, Number.NaN])
    assert.throws(() => offloadExperts(backend, bytes), {
      code: "ERR_OPTION",
      message: /^expertCacheBytes: expected a whole number/,
    });
  backend.dispose();
});
