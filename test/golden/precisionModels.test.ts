import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { loadModel, type Model, type Run } from "../../engine/index.node.ts";
import { precision } from "../../widgets/index.ts";
import type { PrecisionModel } from "../../widgets/precision/widget.ts";

const PROMPT = "The keys to the cabinet are on the table.";

let model: Model;
let halves: Model;
before(async () => {
  model = await loadModel("tiny", { backend: "cpu" });
  halves = await loadModel("tiny", { backend: "cpu", dtype: "f16" });
});
after(() => {
  model.dispose();
  halves.dispose();
});

/** Bytes on the devices of both, without what waits for the next run. */
function heldBytes(): number[] {
  return [halves, model].map((one) => {
    one.freeIdle();
    return one.deviceMemory().bytes;
  });
}

/** The same model, whose runs are told of and execute their tokens once. */
function watched(one: Model, runs: Run[]): PrecisionModel {
  return {
    record: one.record,
    sites: () => one.sites(),
    estimate: (...request) => one.estimate(...request),
    run: async (...request) => {
      const run = await one.run(...request);
      run.capture = () => Promise.reject(new Error("executed a second time"));
      runs.push(run);
      return run;
    },
  };
}

describe("two models on one prompt", () => {
  test("have the numbers of two runs of it, from one execution each, and leave nothing behind", async () => {
    const held = heldBytes();
    const runs: Run[] = [];
    const stages: string[] = [];
    const picture = await precision(watched(halves, runs), watched(model, runs), {
      prompt: PROMPT,
      onProgress: ({ stage, done, total, label }) => {
        assert.ok(done <= total && label !== "");
        stages.push(`${stage} ${done}`);
      },
    });
    assert.equal(runs.length, 2);
    const [T = 0] = runs.map(({ tokens }) => tokens.length);
    for (const run of runs)
      await assert.rejects(run.get("blocks.0.hook_resid_post"), { code: "ERR_DISPOSED" });
    assert.deepEqual(stages.slice(0, 2), [`prefill ${T}`, `prefill ${2 * T}`]);
    assert.ok(
      stages.slice(2).length > 3 && stages.slice(2).every((it) => it.startsWith("compare")),
    );
    assert.deepEqual(heldBytes(), held);
    const plain = [await halves.run(PROMPT), await model.run(PROMPT)] as const;
    const wanted = await precision(...plain);
    for (const name of ["errors", "tokens"])
      assert.deepEqual(await picture.table(name), await wanted.table(name));
    for (const run of plain) run.dispose();
  });

  test("compare the sites that are named, and take ids", async () => {
    const prompt = [5, 9, 40, 12];
    const picture = await precision(halves, model, { prompt, sites: ["attn.hook_z"] });
    const { columns } = await picture.table("errors");
    const sites = columns.find(({ name }) => name === "site")?.values as readonly string[];
    assert.equal(sites.length, model.spec.layers.length);
    assert.ok(
      sites.every((site) => site.endsWith("attn.hook_z")),
      sites.join(),
    );
  });

  test("end where they are aborted, while a model runs and while numbers are compared", async () => {
    const held = heldBytes();
    for (const [stage, code] of [
      ["prefill", "ERR_ABORTED"],
      ["compare", undefined],
    ] as const) {
      const ended = new AbortController();
      const why = new Error("enough");
      const seen: string[] = [];
      const followed = precision(halves, model, {
        prompt: PROMPT,
        signal: ended.signal,
        onProgress: (progress) => {
          seen.push(progress.stage);
          if (progress.stage === stage) ended.abort(why);
        },
      });
      await assert.rejects(followed, code === undefined ? why : { code });
      assert.equal(seen.filter((it) => it === stage).length, 1);
      assert.deepEqual(heldBytes(), held);
    }
  });

  test("are refused without a prompt, beside a run, and of other sizes; runs are refused with one", async () => {
    const run = await model.run(PROMPT);
    await assert.rejects(precision(halves, model), /^TypeError: precision prompt: expected what/);
    await assert.rejects(precision(run, model, { prompt: PROMPT }), /got a run and a model/);
    await assert.rejects(precision(run, run, { prompt: PROMPT }), /got two runs, which have/);
    const { record } = model;
    const other = { ...watched(model, []), record: { ...record, nLayers: 2 } };
    await assert.rejects(precision(model, other, { prompt: PROMPT }), /got nLayers 6 beside 2/);
    await assert.rejects(
      precision(model, halves, { prompt: PROMPT, sites: ["hook_nothing"] }),
      /got "hook_nothing"/,
    );
    run.dispose();
  });
});
