import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { type Model, topActivations } from "../../engine/index.ts";
import { expected, fixtureFolder, openModel, tinyFolder } from "./openModel.ts";

const models: Model[] = [];
after(() => {
  for (const model of models) model.dispose();
});

async function opened(backend: "reference" | "cpu" | "webgpu", folder: string): Promise<Model> {
  const { model } = await openModel(backend, folder);
  models.push(model);
  return model;
}

describe("the tokens of a corpus at which units are largest", () => {
  for (const [backend, fixture, site] of [
    ["reference", "mixtral", "blocks.1.mlp.hook_router_scores"],
    ["cpu", "llama3", "blocks.1.mlp.hook_post"],
    ["cpu", "deepseek_v3", "blocks.0.attn.hook_z"],
    ["webgpu", "gpt2", "blocks.0.hook_resid_post"],
  ] as const)
    it(`are those that every run says: ${site} of ${fixture} on ${backend}`, async () => {
      const model = await opened(backend, fixtureFolder(fixture));
      const { ids } = expected(fixture);
      const corpus = Array.from({ length: 35 }, (_, i) => ids.slice(i % 7, (i % 7) + 1 + (i % 3)));
      const done: number[] = [];
      const record = await topActivations(model, corpus, site, {
        topK: 4,
        onProgress: (progress) => done.push(progress.done),
      });
      assert.deepEqual(
        done,
        Array.from({ length: 35 }, (_, i) => i + 1),
      );
      assert.deepEqual([record.nTexts, record.nTokens], [35, corpus.flat().length]);
      const all: { value: number; text: number; position: number; unit: number }[] = [];
      for (const [text, prompt] of corpus.entries()) {
        const run = await model.run(prompt, { capture: site });
        const { data, shape } = await run.get(site);
        const [, nUnits = 0, width = 1] = shape;
        prompt.forEach((_, position) => {
          for (let unit = 0; unit < nUnits; unit++) {
            const at = (position * nUnits + unit) * width;
            const row = [...data.subarray(at, at + width)];
            const value =
              shape.length === 2
                ? (row[0] ?? 0)
                : Math.sqrt(row.reduce((sum, x) => sum + x * x, 0));
            all.push({ value, text, position, unit });
          }
        });
        run.dispose();
      }
      for (const [row, unit] of record.units.entries()) {
        const wanted = all
          .filter((each) => each.unit === unit)
          .sort((a, b) => b.value - a.value || a.text - b.text || a.position - b.position)
          .slice(0, 4);
        const got = record.activations[row] ?? [];
        assert.equal(got.length, 4);
        got.forEach(({ value, text, position, token }, k) => {
          assert.ok(Math.abs(value - (wanted[k]?.value ?? Number.NaN)) < 1e-12, `${unit} ${k}`);
          assert.equal(token, model.tokenText(corpus[text]?.[position] ?? -1));
          assert.deepEqual([text, position], [wanted[k]?.text, wanted[k]?.position]);
        });
      }
    });

  it("come with their text, and only of units asked for", async () => {
    const model = await opened("cpu", tinyFolder);
    const corpus = ["7+5=12", "The keys"];
    const { activations, units } = await topActivations(model, corpus, "blocks.1.hook_resid_post", {
      units: [3],
      topK: 100,
      context: 2,
    });
    assert.deepEqual(units, [3]);
    const [found = []] = activations;
    const first = found.find(({ text, position }) => text === 0 && position === 1);
    const texts = (await model.run("7+5=12")).tokens.map(({ text }) => text);
    assert.equal(first?.before, texts[0]);
    assert.equal(first?.token, texts[1]);
    assert.equal(first?.after, texts.slice(2, 4).join(""));
  });

  it("leave no run on the device where one cannot be read", async () => {
    const model = await opened("cpu", fixtureFolder("llama3"));
    model.freeIdle();
    const before = model.deviceMemory();
    const broken = {
      sites: () => model.sites(),
      tokenText: (id: number) => model.tokenText(id),
      async *runAll(...given: Parameters<Model["runAll"]>) {
        for await (const run of model.runAll(...given)) {
          run.get = () => Promise.reject(new Error("unreadable"));
          yield run;
        }
      },
    };
    await assert.rejects(topActivations(broken, [[3, 1], [4]], "hook_embed"), /unreadable/);
    model.freeIdle();
    assert.deepEqual(model.deviceMemory(), before);
  });

  it("are refused where a site has no units, and end where the signal says", async () => {
    const model = await opened("cpu", fixtureFolder("llama3"));
    const find = (site: string, options = {}) => topActivations(model, [[3, 1]], site, options);
    await assert.rejects(find("blocks.0.attn.hook_pattern"), { code: "ERR_SITE_SHAPE" });
    await assert.rejects(find("blocks.*.hook_resid_post"), {
      code: "ERR_SITE_SHAPE",
      message: /sites/,
    });
    await assert.rejects(find("hook_logits"), { code: "ERR_SITE_SHAPE" });
    await assert.rejects(find("hook_embed", { units: [1e6] }), { code: "ERR_SELECTION" });
    await assert.rejects(find("hook_embed", { context: -1 }), { code: "ERR_OPTION" });
    await assert.rejects(topActivations(model, [], "hook_embed"), { code: "ERR_OPTION" });
    await assert.rejects(find("hook_embed", { signal: AbortSignal.abort() }), {
      code: "ERR_ABORTED",
    });
    const controller = new AbortController();
    const stopped = topActivations(
      model,
      Array.from({ length: 80 }, () => [3, 1, 4]),
      "hook_embed",
      {
        signal: controller.signal,
        onProgress: ({ done }) => {
          if (done === 2) controller.abort();
        },
      },
    );
    await assert.rejects(stopped, { code: "ERR_ABORTED" });
  });
});
