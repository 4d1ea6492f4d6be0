import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import {
  arithmeticTask,
  type EvaluateOptions,
  evaluate,
  loadModel,
  type Model,
  multipleChoice,
  type Task,
} from "../../engine/index.node.ts";
import { temporaryFolder } from "../fixtures/temporaryFolder.ts";

let model: Model;
before(async () => {
  model = await loadModel("tiny", { backend: "cpu", threads: 1 });
});
after(() => model.dispose());

const manifestIn = async (folder: string) =>
  JSON.parse(await readFile(join(folder, "manifest.json"), "utf8"));

async function manifestOf(root: string, task: Task, options: EvaluateOptions) {
  const folder = join(root, task.name);
  const evaluation = await evaluate(model, task, { ...options, folder });
  return { manifest: await manifestIn(folder), evaluation };
}

const SUMS = arithmeticTask({ n: 2, size: 2, seed: 1 }) as unknown as Task;
const SAMPLES = [{ ask: "1+1=" }, { ask: "2+2=" }];

describe("the manifest of an evaluation", () => {
  it("says of model, prompt and sampler what the record of a run says of them", async (t) => {
    const root = await temporaryFolder(t);
    const { manifest, evaluation } = await manifestOf(root, SUMS, {
      ...{ temperature: 0.8, seed: 7, maxTokens: 2, atOnce: 3 },
    });
    const chat = model.chat([{ role: "user", content: "1+1" }], {
      ...{ temperature: 0.8, seed: 7, maxTokens: 2 },
    });
    for await (const _ of chat);
    const { run } = chat;
    await run.save(join(root, "run"));
    const { content } = await manifestIn(join(root, "run"));
    run.dispose();
    assert.equal(manifest.model.weights, content.model.weights_sha256);
    assert.deepEqual(manifest.model.weight_dtypes, content.model.weight_dtypes);
    assert.deepEqual(manifest.model.files, content.model.files);
    const { text: _, ...prompt } = content.prompt;
    assert.deepEqual(manifest.prompt, prompt);
    assert.deepEqual(manifest.sampler, content.sampler);
    assert.deepEqual(manifest.batch, { at_once: 3, share_prefix: true });
    assert.deepEqual(manifest.unknown, {});
    assert.deepEqual(evaluation.about.tokenizer, manifest.model.files[0]);
    assert.equal(evaluation.about.template, prompt.template_sha256);
    const common = Object.keys(content.options).filter((name) => name in manifest.options);
    const defaults = common.filter((name) => !["maxTokens", "capture"].includes(name));
    assert.ok(defaults.length > 20, `${defaults.length} options`);
    for (const name of defaults)
      assert.deepEqual(manifest.options[name], content.options[name], name);
  });

  it("has no sampler where the likeliest token is taken, or none is generated, and no template for a text", async (t) => {
    const root = await temporaryFolder(t);
    const { manifest: greedy } = await manifestOf(root, SUMS, { temperature: 0, maxTokens: 2 });
    assert.deepEqual([greedy.sampler, greedy.options.temperature], [null, 0]);
    const choices = {
      ...{ name: "digits", samples: SAMPLES, target: () => 0 },
      prompt: ({ ask }: { ask: string }) => ask,
      scorer: multipleChoice({ choices: () => ["2", "4"] }),
    } as unknown as Task;
    const { manifest } = await manifestOf(root, choices, {});
    assert.equal(manifest.sampler, null);
    assert.deepEqual(manifest.prompt, {
      ...{ from: "text", encoder: null, template: null, template_sha256: null },
    });
    assert.equal("temperature" in manifest.options, false);
    assert.equal(manifest.options.chunkSize, 256);
  });
});
