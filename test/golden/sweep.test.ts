import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, describe, it } from "node:test";
import type { Backend, BackendName } from "../../engine/backend/backend.ts";
import { createModel } from "../../engine/createModel.ts";
import {
  AbortedError,
  change,
  type EditRequest,
  experts,
  InputError,
  klDivergence,
  logitDifference,
  logProb,
  type Model,
  mean,
  patch,
  replace,
  SiteError,
  type SweepOptions,
  zero,
} from "../../engine/index.ts";
import { openCheckpoint } from "../../engine/weights/openCheckpoint.node.ts";
import { lendBackend } from "./lendBackend.ts";
import { expected, fixtureFolder, openModel } from "./openModel.ts";

const TOLERANCE = 1e-4;

interface GoldenSweep {
  readonly ids: readonly number[];
  readonly cleanIds: readonly number[];
  readonly tokens: readonly [a: number, b: number];
  readonly grids: readonly {
    readonly site: string;
    readonly over: readonly ("layer" | "position" | "head")[];
    readonly edit: "patch" | "zero";
    readonly metric: "logit_difference" | "log_prob" | "kl_divergence";
    readonly baseline: number;
    readonly effects: readonly number[];
  }[];
}

const readSweeps = (folder: string): GoldenSweep =>
  JSON.parse(readFileSync(`${fixtureFolder(folder)}sweeps.json`, "utf8"));

for (const backend of ["cpu", "reference"] satisfies BackendName[])
  for (const folder of ["llama3", "qwen3_moe"])
    describe(`sweeps of ${folder} on ${backend}`, () => {
      it("measure what transformers does under the same edits", async (t) => {
        const { ids, cleanIds, tokens, grids } = readSweeps(folder);
        const { model } = await openModel(backend, fixtureFolder(folder));
        t.after(() => model.dispose());
        const clean = await model.run(cleanIds);
        assert.equal(grids.length, 3);
        for (const { site, over, edit, metric, baseline, effects } of grids) {
          const found = await model.sweep(ids, {
            grid: { site, over },
            edit: ({ site, position, head }) =>
              edit === "patch"
                ? patch(site, clean, { from: [position], to: [position] })
                : zero(site, { ...(head !== undefined && { head }) }),
            metric: {
              logit_difference: logitDifference(...tokens),
              log_prob: logProb(tokens[0]),
              kl_divergence: klDivergence(clean),
            }[metric],
          });
          assert.ok(Math.abs(found.baseline - baseline) < TOLERANCE, `${metric} without edits`);
          const [first, second] = tokens.map((id) => `"<id ${id}>"`); // fixtures have no tokenizer
          const labels = {
            logit_difference: `logit difference ${first} - ${second}`,
            log_prob: `log probability of ${first}`,
            kl_divergence: "KL divergence",
          };
          assert.equal(found.metric, labels[metric]);
          assert.equal(found.effects.data.length, effects.length);
          effects.forEach((wanted, cell) => {
            const got = found.effects.data[cell] as number;
            assert.ok(
              Math.abs(got - wanted) < TOLERANCE,
              `${metric} ${cell}: ${got}, not ${wanted}`,
            );
          });
        }
      });
    });

const ids = expected("deepseek_v3").ids.slice(0, 10);

const opened: Model[] = [];
after(() => {
  for (const model of opened) model.dispose();
});
async function open(folder = "deepseek_v3"): Promise<Model> {
  const { model } = await openModel("cpu", fixtureFolder(folder));
  opened.push(model);
  return model;
}

/** A model whose backend notes what it executes, and what is on the device meanwhile. */
async function openCounted(): Promise<{
  model: Model;
  executed: { kind: string; nTokens: number }[];
  held: number[];
}> {
  const executed: { kind: string; nTokens: number }[] = [];
  const held: number[] = [];
  const backend = await lendBackend("cpu");
  const counted = new Proxy(backend, {
    get(target, key) {
      const value = Reflect.get(target, key, target);
      if (key === "execute")
        return (...[program, step]: Parameters<Backend["execute"]>) => {
          executed.push(...program.map(({ kind }) => ({ kind, nTokens: step.nTokens })));
          held.push(target.memory.bytes);
          return target.execute(program, step);
        };
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  const checkpoint = await openCheckpoint(fixtureFolder("deepseek_v3"));
  const model = await createModel(checkpoint, { tokenizer: null, backend: counted });
  await checkpoint.close();
  opened.push(model);
  return { model, executed, held };
}

const RESIDUAL = { site: "blocks.{layer}.hook_resid_pre", over: ["layer", "position"] } as const;
const first = (row: ArrayLike<number>): number => row[0] as number;

describe("Model.sweep", () => {
  it("executes in each cell what comes after its edit, for rows from it on, and the unembedding of one", async () => {
    const { model, executed } = await openCounted();
    const nOps = model.plan.ops.length;
    const perLayer: number[] = [];
    let seen = 0;
    await model.sweep(ids, {
      grid: { ...RESIDUAL, positions: [4] },
      edit: ({ site, position }) => zero(site, { position }),
      metric: first,
      onProgress: ({ done }) => {
        const cell = done === 1 ? executed.slice(nOps) : executed.slice(seen); // after the pass without edits
        seen = executed.length;
        perLayer.push(cell.length);
        assert.equal(cell[0]?.kind, "edit");
        assert.equal(cell.at(-1)?.kind, "matmul");
        assert.deepEqual([cell[0]?.nTokens, cell.at(-1)?.nTokens], [ids.length - 4, 1]);
      },
    });
    const ofLayers = (from: number) =>
      model.plan.ops.filter(({ layer }) => layer !== null && layer >= from).length;
    const around = 3; // the edit, the final norm, the unembedding
    assert.deepEqual(
      perLayer,
      [0, 1, 2].map((layer) => ofLayers(layer) + around),
    );
  });

  it("does not go behind the row that is measured", async () => {
    const { model, executed } = await openCounted();
    await model.sweep(ids, {
      grid: { ...RESIDUAL, layers: [1], positions: [0] },
      edit: ({ site, position }) => zero(site, { position }),
      metric: logProb(5, { position: 3 }),
      chunkSize: 3,
      onProgress: () => {
        const start = executed.findIndex(({ kind }) => kind === "edit");
        const steps = executed.slice(start).filter(({ kind }) => kind === "edit");
        assert.deepEqual(
          steps.map(({ nTokens }) => nTokens),
          [3, 1],
        );
      },
    });
  });

  it("tells edits apart that differ in a number of experts, or in how many rows they have", async () => {
    const model = await open();
    const { dModel, moeLayers } = model.record;
    const [layer = 0] = moeLayers;
    const site = "blocks.1.hook_resid_mid";
    const ways: ((position: number) => EditRequest)[] = [
      (position) => experts({ layer }).count(1 + (position % 2)),
      (position) =>
        replace(
          site,
          Array.from({ length: 1 + position }, (_, i) => Array(dModel).fill(i)),
          {
            position: [0, 1 + position],
          },
        ),
    ];
    for (const way of ways) {
      const found = await model.sweep(ids, {
        grid: { site, over: ["position"], positions: [0, 1, 2] },
        edit: ({ position }) => way(position),
        metric: first,
      });
      for (const position of [0, 1, 2]) {
        const run = await model.run(ids, { edits: [way(position)] });
        assert.equal(found.effects.at(position), first(run.logits.data) - found.baseline);
        run.dispose();
      }
    }
  });

  it("leaves nothing on the device", async () => {
    const model = await open();
    const clean = await model.run(ids.toReversed(), { capture: "blocks.*.hook_resid_pre" });
    model.freeIdle();
    const before = model.deviceMemory();
    await model.sweep(ids, {
      grid: RESIDUAL,
      edit: ({ site, position }) => patch(site, clean, { from: [position], to: [position] }),
      metric: first,
    });
    model.freeIdle();
    assert.deepEqual(model.deviceMemory(), before);
  });

  it("has the buffers of one cell at a time, in whatever order cells come", async () => {
    const { model, held } = await openCounted();
    const peakOf = async (ofFunction: number) => {
      model.freeIdle();
      held.length = 0;
      await model.sweep(ids, {
        grid: { ...RESIDUAL, layers: [0], positions: [2, 3, 4] },
        edit: ({ site, position }) =>
          position === ofFunction ? change(site, () => undefined, { position }) : zero(site),
        metric: first,
      });
      return Math.max(...held);
    };
    assert.equal(await peakOf(3), await peakOf(2));
  });

  it("leaves prompts that others may go on from as they are", async (t) => {
    const { model } = await openModel("cpu", fixtureFolder("llama3"), {
      prefixCacheBytes: 2 ** 22,
    });
    t.after(() => model.dispose());
    const run = await model.run(ids.toReversed());
    const held = () => {
      const { bytes, entries } = model.deviceMemory().prefixes ?? {};
      return { bytes, entries };
    };
    const before = held();
    assert.equal(before.entries, 1);
    const options = { grid: { ...RESIDUAL, positions: [1] }, edit: () => zero("hook_embed") };
    await model.sweep(ids, { ...options, metric: first });
    assert.deepEqual(held(), before);
    run.dispose();
  });

  it("ends with the signal, the cell's or the host's, and frees everything", async () => {
    const model = await open();
    model.freeIdle();
    const before = model.deviceMemory();
    const key = Symbol.for("vitrine.kernelHost");
    for (const way of ["signal", "host"]) {
      const controller = new AbortController();
      const { signal } = controller;
      if (way === "host") Reflect.set(globalThis, key, { interruptSignal: signal });
      const seen: string[] = [];
      const sweeping = model.sweep(ids, {
        grid: RESIDUAL,
        edit: ({ site, position }) => zero(site, { position }),
        metric: first,
        ...(way === "signal" && { signal }),
        onProgress: ({ stage, done, total, label }) => {
          seen.push(`${stage} ${done} of ${total}: ${label}`);
          if (done === 12) controller.abort();
        },
      });
      await assert
        .rejects(sweeping, (error) => error instanceof AbortedError && error.code === "ERR_ABORTED")
        .finally(() => Reflect.deleteProperty(globalThis, key));
      assert.equal(seen.length, 12);
      assert.equal(seen.at(-1), "sweep 12 of 30: layer 1, position 1");
      model.freeIdle();
      assert.deepEqual(model.deviceMemory(), before);
    }
  });

  it("is refused by a model that is disposed of meanwhile, which holds nothing then", async () => {
    const { model, backend } = await openModel("cpu", fixtureFolder("llama3"));
    const sweeping = model.sweep(ids, {
      grid: RESIDUAL,
      edit: ({ site, position }) => zero(site, { position }),
      metric: first,
      onProgress: ({ done }) => {
        if (done === 3) model.dispose();
      },
    });
    await assert.rejects(sweeping, { code: "ERR_DISPOSED" });
    assert.deepEqual({ ...backend.memory }, { tensors: 0, bytes: 0 });
  });

  it("frees everything where a metric throws", async () => {
    const model = await open();
    model.freeIdle();
    const before = model.deviceMemory();
    const options = { grid: RESIDUAL, edit: () => zero("hook_embed") };
    const metric = () => {
      throw new RangeError("mine");
    };
    await assert.rejects(model.sweep(ids, { ...options, metric }), /mine/);
    await assert.rejects(model.sweep(ids, { ...options, metric: () => Number.NaN }), {
      code: "ERR_OPTION",
      message: /^sweep metric: expected a number, got NaN/,
    });
    model.freeIdle();
    assert.deepEqual(model.deviceMemory(), before);
  });

  it("gives effects of pairs as means, each pair with its own prompt, edit and metric", async () => {
    const model = await open("llama3");
    const all = expected("llama3").ids;
    const pairs = await Promise.all(
      [0, 7, 14].map(async (start, i) => ({
        prompt: all.slice(start, start + 6 + (i % 2)),
        clean: await model.run(all.slice(start + 1, start + 7 + (i % 2))),
        metric: logitDifference(3 + i, 9),
      })),
    );
    const grid = { ...RESIDUAL, positions: [-2, -1] };
    const options = {
      grid,
      edit: ({ site, position }, { clean }) =>
        patch(site, clean, { from: [position], to: [position] }),
      seed: 3,
    } satisfies SweepOptions<"layer" | "position", (typeof pairs)[number]>;
    const found = await model.sweep(pairs, options);
    const nCells = found.effects.data.length;
    assert.deepEqual(found.effects.dims, ["layer", "position"]);
    assert.deepEqual(found.perPair.shape, [3, ...found.effects.shape]);
    for (const [i, { prompt, clean, metric }] of pairs.entries()) {
      const alone = await model.sweep(prompt, {
        grid,
        edit: (at) => options.edit(at, { clean, prompt, metric }),
        metric,
      });
      assert.equal(alone.interval, null);
      assert.equal(alone.p, null);
      assert.deepEqual(alone.effects.data, found.perPair.row(i).data);
      assert.equal(alone.baseline, found.baselines[i]);
    }
    for (let cell = 0; cell < nCells; cell++) {
      const each = [0, 1, 2].map((i) => found.perPair.row(i).data[cell] as number);
      const average = each.reduce((sum, x) => sum + x / 3, 0);
      assert.ok(Math.abs((found.effects.data[cell] as number) - average) < 1e-12);
      const [low, high] = [found.interval?.low.data[cell], found.interval?.high.data[cell]];
      assert.ok(
        Math.min(...each) <= (low ?? Number.NaN) && (high ?? Number.NaN) <= Math.max(...each),
      );
      assert.ok((found.p?.data[cell] ?? 0) >= 2 / 8);
    }
    assert.deepEqual((await model.sweep(pairs, options)).interval, found.interval);
    assert.match(
      found.toString(),
      /^Sweep of blocks\.\{layer\}\.hook_resid_pre, \d layers x 2 positions, 3 pairs: logit/,
    );
    assert.match(
      found.toString(),
      /\n {2}layer \d, position -\d.*: [+-]?[\d.e-]+ \[.*\], p [\d.]+/,
    );
    for (const { clean } of pairs) clean.dispose();
  });

  it("refuses what no sweep can do, by name and before anything is executed", async () => {
    const { model, executed } = await openCounted();
    const run = await model.run(ids);
    const edit = ({ site }: { readonly site: string }) => zero(site);
    const refused: [object, unknown, RegExp][] = [
      [{ grid: { ...RESIDUAL, over: ["layers"] } }, InputError, /over some of "layer", "position"/],
      [{ grid: { ...RESIDUAL, over: ["layer", "layer"] } }, InputError, /each once/],
      [{ grid: { ...RESIDUAL, over: [] } }, InputError, /over some of/],
      [{ grid: { ...RESIDUAL, heads: [1] } }, InputError, /no heads where over lacks "head"/],
      [{ grid: { ...RESIDUAL, positions: [10] } }, InputError, /positions from -10 to 9, got 10/],
      [
        { grid: { ...RESIDUAL, positions: [1, 1] } },
        InputError,
        /different whole numbers as positions/,
      ],
      [{ grid: { ...RESIDUAL, layers: [3] } }, SiteError, /blocks\.3\.hook_resid_pre/],
      [{ grid: { ...RESIDUAL, over: ["position"] } }, InputError, /Write the layer/],
      [{ grid: { site: "hook_embed", over: ["layer"] } }, InputError, /\{layer\} in the site/],
      [{ grid: { ...RESIDUAL, over: ["head", "layer"] } }, InputError, /a site with heads/],
      [
        { grid: { site: "blocks.{layer}.attn.hook_z", over: ["layer", "head"], heads: [99] } },
        InputError,
        /heads from 0 to \d+, got 99/,
      ],
      [{ grid: { ...RESIDUAL, site: "blocks.{layer}.hook_resid" } }, SiteError, /Did you mean/],
      [
        { grid: { site: "blocks.{layer}.attn.hook_result", over: ["layer"] } },
        InputError,
        /^sweep at layer 0: edits\[0\]: .*Edit blocks\.0\.attn\.hook_z/,
      ],
      [
        { edit: () => [] },
        InputError,
        /^sweep at layer 0, position 0: edits: expected at least one/,
      ],
      [{ edit: () => experts({ layer: 0 }).force([1]) }, InputError, /a layer with routed experts/],
      [{ edit: () => mean("hook_embed", { over: [] }) }, InputError, /a list of runs as over/],
      [{ edit: 7 }, InputError, /a function as edit/],
      [{ metric: undefined }, InputError, /a function as metric, got nothing/],
      [{ metric: logProb(3, { position: 10 }) }, InputError, /a position from -10 to 9, got 10/],
      [{ resamples: 0 }, InputError, /resamples/],
      [{ seed: -1 }, InputError, /seed/],
      [{ chunkSize: 0 }, InputError, /chunkSize/],
    ];
    const nBefore = executed.length;
    for (const [wrong, kind, message] of refused)
      await assert.rejects(
        model.sweep(ids, { grid: RESIDUAL, edit, metric: first, ...wrong } as never),
        (error: Error) => {
          assert.ok(error instanceof (kind as typeof InputError), `${error}`);
          assert.match(error.message, message);
          return true;
        },
      );
    const pairs = [{ prompt: ids }, { prompt: ids.slice(1) }];
    await assert.rejects(model.sweep(pairs, { grid: RESIDUAL, edit, metric: first }), {
      code: "ERR_OPTION",
      message: /prompts of one length, got 9 to 10 tokens/,
    });
    assert.equal(executed.length, nBefore);
    await assert.rejects(model.sweep(ids, { grid: RESIDUAL, edit, metric: logProb(97) }), {
      code: "ERR_TOKEN_ID",
    });
    run.dispose();
  });
});
