import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { inspect } from "node:util";
import { AbortedError, BackendError, InputError, SiteError } from "../../engine/base/errors.ts";
import { type EditRequest, experts, type Model, type Run } from "../../engine/index.ts";
import { assertClose, assertSameBits } from "./compare.ts";
import { expected, fixtureFolder, openModel } from "./openModel.ts";

const { ids } = expected("deepseek_v3");
const T = ids.length;
const opened: Promise<Model>[] = [];
const open = () => {
  opened[0] ??= openModel("cpu", fixtureFolder("deepseek_v3")).then(({ model }) => model);
  return opened[0];
};
after(async () => (await opened[0])?.dispose());

function fails<E extends { code: string; message: string }>(
  kind: new (...args: never[]) => E,
  code: string,
  ...parts: string[]
) {
  return (error: unknown) =>
    error instanceof kind &&
    error.code === code &&
    parts.every((part) => error.message.includes(part));
}

describe("Run.get", () => {
  it("says where each site's numbers come from, and remembers what a replay captured", async () => {
    const run = await (await open()).run(ids, { capture: "blocks.1.hook_resid_post" });
    const state = (name: string) => run.sites().find((site) => site.name === name)?.state;
    assert.equal(state("hook_logits"), "replayed");
    assert.equal(state("blocks.1.mlp.hook_expert_indices"), "kept");
    assert.equal(state("blocks.1.attn.hook_pattern"), "recomputed");
    assert.equal(state("blocks.1.hook_resid_post"), "captured");
    assert.equal(state("blocks.2.hook_resid_pre"), "captured", "it is the same tensor");
    assert.equal(state("blocks.2.hook_attn_out"), "replayed");
    await run.get("blocks.2.hook_attn_out");
    assert.equal(state("blocks.2.hook_attn_out"), "captured");
    run.dispose();
  });

  it("ends a capture where its signal says, with nothing of it, and tells how far it is", async () => {
    const run = await (await open()).run(ids);
    const site = "blocks.2.hook_attn_out";
    const state = () => run.sites().find(({ name }) => name === site)?.state;
    await assert.rejects(run.capture(site, { signal: AbortSignal.abort() }), {
      code: "ERR_ABORTED",
    });
    assert.equal(state(), "replayed");
    const told: [number, number][] = [];
    await run.capture(site, { onProgress: ({ done, total }) => told.push([done, total]) });
    assert.equal(state(), "captured");
    assert.deepEqual(told.at(-1), [ids.length, ids.length]);
  });

  it("captures many sites with one replay, with the bits that each alone has", async () => {
    const [together, apart] = [await (await open()).run(ids), await (await open()).run(ids)];
    const state = (name: string) => together.sites().find((site) => site.name === name)?.state;
    const sites = [
      "blocks.0.hook_resid_post",
      "blocks.1.hook_resid_post",
      "blocks.2.hook_attn_out",
    ];
    await together.capture(["blocks.*.hook_resid_post", "blocks.2.hook_attn_out"]);
    for (const site of sites) {
      assert.equal(state(site), "captured", site);
      assertSameBits(await together.get(site), await apart.get(site), site);
    }
    assert.equal(state("blocks.1.hook_attn_out"), "replayed");
    await assert.rejects(
      together.capture("blocks.9.*"),
      fails(SiteError, "ERR_SITE_UNKNOWN", "blocks.9"),
    );
    together.dispose();
    await assert.rejects(together.capture(sites), fails(BackendError, "ERR_DISPOSED"));
    apart.dispose();
  });

  it("reads parts that equal the parts of the whole", async () => {
    const run = await (await open()).run(ids);
    const whole = await run.get("blocks.1.attn.hook_rot_q"); // (T, H, D)
    assertSameBits(
      await run.get("blocks.1.attn.hook_rot_q", { token: -2 }),
      whole.row(T - 2),
      "token",
    );
    const part = await run.get("blocks.1.attn.hook_rot_q", { token: [4, 9], head: 2 });
    assert.deepEqual(
      [part.shape, part.dims],
      [
        [5, 24],
        ["T", "D"],
      ],
    );
    for (let t = 0; t < 5; t++) assertSameBits(part.row(t), whole.row(4 + t, 2), `token ${4 + t}`);
    const map = await run.get("blocks.2.attn.hook_pattern");
    const tile = await run.get("blocks.2.attn.hook_pattern", {
      head: 3,
      query: [20, 31],
      key: [2, 30],
    });
    for (let i = 0; i < 11; i++)
      for (let j = 0; j < 28; j++) assert.equal(tile.at(i, j), map.at(3, 20 + i, 2 + j));
    run.dispose();
  });

  it("gives patterns whose rows sum to 1 and whose future is exactly 0, and scores that are -Infinity there", async () => {
    const run = await (await open()).run(ids);
    const pattern = await run.get("blocks.1.attn.hook_pattern");
    const scores = await run.get("blocks.1.attn.hook_attn_scores");
    for (let h = 0; h < 4; h++)
      for (let t = 0; t < T; t++) {
        const row = [...pattern.row(h, t).data];
        assert.ok(Math.abs(row.reduce((a, b) => a + b) - 1) < 1e-5);
        for (let s = t + 1; s < T; s++) {
          assert.equal(row[s], 0);
          assert.equal(scores.at(h, t, s), Number.NEGATIVE_INFINITY);
        }
      }
    run.dispose();
  });

  it("pools maps by mean and by max", async () => {
    const run = await (await open()).run(ids);
    const site = "blocks.0.attn.hook_pattern";
    const map = await run.get(site, { head: 1 });
    for (const kind of ["mean", "max"] as const) {
      const pooled = await run.get(site, { head: 1, pool: { size: 8, kind } });
      assert.deepEqual(pooled.shape, [5, 5]);
      for (let i = 0; i < 5; i++)
        for (let j = 0; j < 5; j++) {
          const block = Array.from({ length: 64 }, (_, n) =>
            map.at(8 * i + (n >> 3), 8 * j + (n & 7)),
          );
          const mean = block.reduce((a, b) => a + b, 0) / 64;
          const wanted = kind === "max" ? Math.max(...block) : mean;
          assert.ok(Math.abs(pooled.at(i, j) - wanted) < 1e-6, `${kind} ${i} ${j}`);
        }
    }
    run.dispose();
  });

  it("joins the parts of the block as they are defined", async () => {
    const run = await (await open()).run(ids, { capture: "**" });
    const get = async (site: string) => (await run.get(site)).data;
    const block = "blocks.1";
    const sum = (a: ArrayLike<number>, b: ArrayLike<number>) =>
      Array.from(a, (x, i) => x + (b[i] as number));
    assertClose(
      sum(await get(`${block}.hook_resid_pre`), await get(`${block}.hook_attn_out`)),
      await get(`${block}.hook_resid_mid`),
      1e-6,
      "resid_mid",
    );
    assertClose(
      sum(await get(`${block}.hook_resid_mid`), await get(`${block}.hook_mlp_out`)),
      await get(`${block}.hook_resid_post`),
      1e-6,
      "resid_post",
    );
    const result = await run.get(`${block}.attn.hook_result`); // (T, H, M)
    const added = Float64Array.from({ length: T * 64 }, (_, i) => {
      const [t, m] = [Math.floor(i / 64), i % 64];
      return [0, 1, 2, 3].reduce((total, h) => total + result.at(t, h, m), 0);
    });
    assertClose(added, await get(`${block}.hook_attn_out`), 1e-5, "sum of hook_result");
    run.dispose();
  });

  it("gives keys before and after RoPE that differ only in the rotary dims, and not at position 0", async () => {
    const run = await (await open()).run(ids);
    const before = await run.get("blocks.1.attn.hook_k"); // (T, H, P+R), P = 16
    const after = await run.get("blocks.1.attn.hook_rot_k");
    assertSameBits(before.row(0), after.row(0), "position 0");
    let rotated = 0;
    for (let t = 0; t < T; t++)
      for (let h = 0; h < 4; h++) {
        assertClose(
          before.row(t, h).data.slice(0, 16),
          after.row(t, h).data.slice(0, 16),
          1e-9,
          "P",
        );
        if (before.at(t, h, 16) !== after.at(t, h, 16)) rotated++;
      }
    assert.ok(rotated > 100);
    run.dispose();
  });

  it("refuses unknown sites with the nearest names, and selections the site has no axis for", async () => {
    const model = await open();
    const run = await model.run(ids.slice(0, 4));
    await assert.rejects(
      run.get("blocks.1.attn.hook_patern"),
      fails(SiteError, "ERR_SITE_UNKNOWN", "blocks.1.attn.hook_pattern"),
    );
    await assert.rejects(run.get("hook_embed", { head: 1 }), fails(InputError, "ERR_SELECTION"));
    await assert.rejects(
      run.get("hook_logits", { token: 4 }),
      fails(InputError, "ERR_SELECTION", "3"),
    );
    await assert.rejects(
      model.run(ids, { capture: "blocks.*.nothing" }),
      fails(SiteError, "ERR_SITE_UNKNOWN", "Did you mean"),
    );
    run.dispose();
  });

  it("says that a disposed run is disposed, and keeps its logits, routes and cost", async () => {
    const run = await (await open()).run(ids.slice(0, 5));
    run.dispose();
    run.dispose();
    await assert.rejects(
      run.get("blocks.0.attn.hook_pattern"),
      fails(BackendError, "ERR_DISPOSED"),
    );
    assert.deepEqual(run.logitRows, [4]);
    assert.equal(run.logits.shape[0], 1);
    assert.equal(run.cost().tokens.length, 5);
    assert.equal((await run.routing()).nTokens, 5);
  });
});

describe("Run's records", () => {
  it("gives each token the log probability that the row before gave it", async () => {
    const run = await (await open()).run(ids, { logits: "all" });
    assert.equal(run.tokens[0]?.logprob, null);
    for (const { index, id, logprob } of run.tokens.slice(1)) {
      const row = [...run.logits.row(index - 1).data];
      const total = Math.log(row.reduce((sum, x) => sum + Math.exp(x), 0));
      assert.ok(Math.abs((logprob as number) - ((row[id] as number) - total)) < 1e-5);
    }
    run.dispose();
  });

  it("lists routes in descending weight, with the entropy of the scores and, if asked, the biased scores", async () => {
    const run = await (await open()).run(ids);
    const routes = await run.routing({ biasedScores: true });
    assert.deepEqual(routes.layers, [1, 2]);
    const { nTokens, nExperts, nExpertsPerToken: k, indices, weights, biasedScores } = routes;
    assert.deepEqual([nTokens, nExperts, k], [T, 16, 3]);
    assert.equal(biasedScores?.length, 2 * T * 16);
    const scores = await run.get("blocks.2.mlp.hook_router_scores");
    for (let t = 0; t < T; t++) {
      const start = (T + t) * k; // layer 2 is the second row
      const chosen = [...indices.subarray(start, start + k)];
      const shares = [...weights.subarray(start, start + k)];
      assert.deepEqual(
        shares.toSorted((a, b) => b - a),
        shares,
      );
      assert.ok(Math.abs(shares.reduce((a, b) => a + b) - 2.5) < 1e-5, "normalised, times 2.5");
      const biased: number[] = [
        ...(biasedScores as Float32Array).subarray((T + t) * 16, (T + t + 1) * 16),
      ];
      const best = biased.map((s, e) => [s, e] as const).toSorted((a, b) => b[0] - a[0]);
      assert.deepEqual(new Set(best.slice(0, k).map(([, e]) => e)), new Set(chosen));
      assert.equal(
        biased.filter((s) => s === Number.NEGATIVE_INFINITY).length,
        8,
        "two of four groups",
      );
      const row = [...scores.row(t).data];
      const sum = row.reduce((a, b) => a + b);
      const bits = row.reduce((b, s) => b - (s / sum) * Math.log2(s / sum), 0);
      assert.ok(Math.abs((routes.entropyBits[T + t] as number) - bits) < 1e-5);
    }
    run.dispose();
  });

  it("cuts attention tiles out of the pattern", async () => {
    const run = await (await open()).run(ids);
    const map = await run.get("blocks.1.attn.hook_pattern", { head: 2 });
    const tile = await run.attentionTile({
      layer: 1,
      head: 2,
      queryStart: 9,
      keyStart: 3,
      keyCount: 5,
    });
    assert.deepEqual([tile.rows, tile.columns, tile.pool], [T - 9, 5, 1]);
    assert.ok(tile.weights instanceof Float32Array);
    for (let r = 0; r < tile.rows; r++)
      for (let c = 0; c < 5; c++) assert.equal(tile.weights[r * 5 + c], map.at(9 + r, 3 + c));
    const pooled = await run.attentionTile({ layer: 1, head: 2, pool: 16 });
    assert.deepEqual([pooled.rows, pooled.columns, pooled.poolKind], [3, 3, "max"]);
    for (const wrong of [
      { layer: 3 },
      { head: 4 },
      { queryStart: T },
      { keyCount: T + 1 },
      { pool: 0 },
    ])
      await assert.rejects(
        run.attentionTile({ layer: 0, head: 0, ...wrong }),
        fails(InputError, "ERR_SELECTION"),
      );
    run.dispose();
  });

  it("measures every step and shares it out over its tokens", async () => {
    const run = await (await open()).run(ids, { chunkSize: 16 });
    const { tokens, prefillMs, decodeMs } = run.cost();
    assert.equal(tokens.length, T);
    assert.equal(decodeMs, null);
    const total = tokens.reduce((ms, token) => ms + (token.durationMs as number), 0);
    assert.ok(prefillMs !== null && Math.abs(total - prefillMs) < 1e-6 * total + 1e-9);
    assert.ok(tokens.every((token) => token.flops > 0 && token.weightBytes > 0));
    run.dispose();
  });

  it("counts the experts that each token was sent to, fewer where an edit says so", async () => {
    const model = await open();
    const [layer = 0] = model.record.moeLayers;
    const moe = model.spec.layers[layer]?.feedForward;
    assert.ok(moe?.kind === "moe");
    const k = moe.nExpertsPerToken;
    const costs = async (edits: readonly EditRequest[]): Promise<number[]> => {
      const run = await model.run(ids, { edits });
      const flops = run.cost().tokens.map((token) => token.flops);
      run.dispose();
      return flops;
    };
    const [whole, fewer, more] = await Promise.all([
      costs([]),
      costs([experts({ layer, position: [1, 3] }).count(1)]),
      costs([experts({ layer, position: 2 }).count(k + 1)]),
    ]);
    const ofOne = 2 * 3 * model.spec.dModel * moe.dExpert;
    const saved = (edited: readonly number[]): number[] =>
      whole.map((flops, t) => Math.round((flops - (edited[t] ?? 0)) / ofOne));
    assert.deepEqual(
      saved(fewer),
      whole.map((_, t) => (t === 1 || t === 2 ? k - 1 : 0)),
    );
    assert.deepEqual(
      saved(more),
      whole.map((_, t) => (t === 2 ? -1 : 0)),
    );
  });

  it("shows itself in one line", async () => {
    const model = await open();
    const run = await model.run(ids.slice(0, 3));
    assert.match(inspect(run), /^Run \w{8} of deepseek_v3 on cpu: 3 prompt tokens in .* ms$/);
    assert.match(inspect(model), /^Model deepseek_v3: deepseek_v3, 3 layers.* on cpu \(.*\)$/);
    run.dispose();
  });
});

describe("Model.run", () => {
  it("refuses prompts that are empty, too long, or no tokens of the model", async () => {
    const model = await open();
    model.freeIdle();
    const before = model.deviceMemory();
    const long = Array.from({ length: 641 }, () => 5);
    await assert.rejects(model.run(long), fails(InputError, "ERR_PROMPT_TOO_LONG", "640", "641"));
    await assert.rejects(model.run([]), fails(InputError, "ERR_PROMPT_EMPTY"));
    await assert.rejects(model.run([1, 97]), fails(InputError, "ERR_TOKEN_ID", "97", "96"));
    await assert.rejects(model.run("text"), { code: "ERR_TOKENIZER_MISSING" });
    await assert.rejects(model.run(ids, { chunkSize: 0 }), fails(InputError, "ERR_OPTION"));
    model.freeIdle();
    assert.deepEqual(model.deviceMemory(), before);
  });

  it("reports progress and stops between chunks when the signal fires, leaving nothing behind", async () => {
    const model = await open();
    model.freeIdle();
    const before = model.deviceMemory();
    const controller = new AbortController();
    const seen: number[] = [];
    const running = model.run(ids, {
      chunkSize: 10,
      signal: controller.signal,
      onProgress: ({ stage, done, total }) => {
        assert.deepEqual([stage, total], ["prefill", T]);
        seen.push(done);
        if (done === 20) controller.abort(new Error("enough"));
      },
    });
    await assert.rejects(running, fails(AbortedError, "ERR_ABORTED"));
    assert.deepEqual(seen, [10, 20]);
    model.freeIdle();
    assert.deepEqual(model.deviceMemory(), before);
  });

  it("runs several prompts at once as if one after the other", async () => {
    const model = await open();
    const prompts = [ids, ids.slice(5), ids.slice(0, 20)];
    const alone: Run[] = [];
    for (const prompt of prompts) alone.push(await model.run(prompt, { chunkSize: 8 }));
    const together = await Promise.all(prompts.map((p) => model.run(p, { chunkSize: 8 })));
    together.forEach((run, i) => {
      assertSameBits(run.logits, (alone[i] as typeof run).logits, `prompt ${i}`);
    });
    for (const run of [...alone, ...together]) run.dispose();
  });

  it("refuses work after dispose, and disposes its runs with it", async () => {
    const { model, backend } = await openModel("cpu", fixtureFolder("llama3"));
    const run = await model.run(ids);
    const generation = model.generate(ids, { maxTokens: 30, temperature: 1 });
    const stream = generation[Symbol.asyncIterator]();
    await stream.next();
    model.dispose();
    model.dispose();
    assert.deepEqual({ ...backend.memory }, { tensors: 0, bytes: 0 });
    await assert.rejects(model.run(ids), fails(BackendError, "ERR_DISPOSED"));
    await assert.rejects(run.get("blocks.0.hook_attn_out"), fails(BackendError, "ERR_DISPOSED"));
    await assert.rejects(stream.next(), fails(BackendError, "ERR_DISPOSED"));
    assert.match(inspect(model), /disposed/);
    run.dispose();
  });

  it("prints its plan: one line per operator with its weights and work", async () => {
    const { plan } = await open();
    const lines = plan.explain().split("\n");
    assert.equal(lines.length, plan.ops.length + 2);
    assert.match(lines[1] ?? "", /^operator +FLOPs +bytes +writes +weights$/);
    assert.ok(lines.some((line) => /^expertsUp .*blocks\.1\.mlp\.experts\.gate/.test(line)));
  });
});
