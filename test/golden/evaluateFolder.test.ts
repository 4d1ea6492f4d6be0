import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { appendFile, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { evaluate } from "../../engine/evaluate/evaluate.node.ts";
import { loadEvaluation, mergeEvaluations } from "../../engine/evaluate/mergeEvaluations.node.ts";
import {
  arithmeticTask,
  clozeTask,
  type EvaluateOptions,
  loadModel,
  type Model,
  type Progress,
  patch,
  replace,
  scale,
  type Task,
} from "../../engine/index.node.ts";
import { temporaryFolder } from "../fixtures/temporaryFolder.ts";
import { openModel, tinyFolder } from "./openModel.ts";

let model: Model;
before(async () => {
  ({ model } = await openModel("cpu", tinyFolder));
});
after(() => model.dispose());

const SUMS = arithmeticTask({ n: 10, size: 2, seed: 1 });
const OPTIONS: EvaluateOptions = {
  ...{ temperature: 0.8, maxTokens: 20, atOnce: 1, epochs: 2, passAt: [2] },
  thinking: [{ budget: 0 }, {}],
  capture: { sites: { hook_embed: [-1] } },
};
const RESULTS = ["results.json", "samples.csv", "samples.parquet", "sites.parquet"];

const read = async (folder: string) =>
  Promise.all(RESULTS.map(async (name) => [name, await readFile(join(folder, name), "hex")]));

/** Evaluates until so many samples are finished. */
async function interrupted(folder: string, count: number, options = OPTIONS): Promise<void> {
  const controller = new AbortController();
  const { signal } = controller;
  const onProgress = ({ done }: Progress) => done >= count && controller.abort();
  await assert.rejects(evaluate(model, SUMS, { ...options, folder, signal, onProgress }), {
    name: "AbortedError",
  });
}

const FORCE = { recursive: true, force: true };
const logsOf = async (folder: string) => (await readdir(join(folder, "log"))).sort();

describe("an evaluation in a folder", () => {
  it("goes on where it was ended, to the same bytes, and asks nothing twice", async (t) => {
    const root = await temporaryFolder(t);
    const [whole, ended] = [join(root, "whole"), join(root, "ended")];
    const result = await evaluate(model, SUMS, { ...OPTIONS, folder: whole });
    assert.equal(result.samples.length, 40);
    for (const count of [5, 17, 18, 33]) await interrupted(ended, count);
    let asked = 0;
    const counted: Task = {
      ...(SUMS as unknown as Task),
      messages: (sample) => [{ role: "user", content: String(sample.question) }],
    };
    const onProgress = ({ done }: Progress) => {
      asked ||= done;
    };
    const later = await evaluate(model, counted, {
      ...OPTIONS,
      atOnce: 32,
      folder: ended,
      onProgress,
    });
    assert.ok(asked >= 32 && asked < 40, `${asked} were there`);
    assert.deepEqual(later.samples, result.samples);
    assert.deepEqual(await read(ended), await read(whole));
    const keys: string[] = [];
    for (const name of await logsOf(ended))
      for (const line of (await readFile(join(ended, "log", name), "utf8")).trimEnd().split("\n")) {
        const { row } = JSON.parse(line);
        keys.push(JSON.stringify([row.thinking, row.sample, row.epoch]));
      }
    assert.equal(keys.length, 40);
    assert.equal(new Set(keys).size, 40);
    const again = await loadEvaluation(ended);
    assert.deepEqual(again.samples, result.samples);
    assert.deepEqual(again.metrics, result.metrics);
    assert.deepEqual(again.captures, result.captures);
  });

  it("leaves out a line that is not whole, and refuses a damaged one in the middle", async (t) => {
    const folder = join(await temporaryFolder(t), "run");
    await interrupted(folder, 9);
    const [log = ""] = await logsOf(folder);
    const path = join(folder, "log", log);
    const text = await readFile(path, "utf8");
    await appendFile(path, '{"row":{"sample":"0"');
    const { samples } = await evaluate(model, SUMS, { ...OPTIONS, folder });
    assert.equal(samples.length, 40);
    const lines = text.split("\n");
    await writeFile(path, [lines[0], lines[1]?.slice(0, 30), ...lines.slice(2)].join("\n"));
    await assert.rejects(loadEvaluation(folder), {
      code: "ERR_EVALUATION",
      message: /jsonl line 2: expected a finished sample as JSON, got /,
    });
    const [, other = ""] = await logsOf(folder);
    const [line = ""] = (await readFile(join(folder, "log", other), "utf8")).split("\n");
    await writeFile(path, `${text}${line.replace('"prompt":"', '"prompt":"?')}\n`);
    await assert.rejects(loadEvaluation(folder), {
      code: "ERR_EVALUATION",
      message: /expected the result that another process has/,
    });
  });

  it("is refused for another task, other options and another model, by what differs", async (t) => {
    const folder = join(await temporaryFolder(t), "run");
    await interrupted(folder, 3);
    const refused = (options: object, task: unknown, message: RegExp) =>
      assert.rejects(evaluate(model, task as Task, { ...OPTIONS, ...options, folder }), {
        code: "ERR_EVALUATION",
        message,
      });
    await refused({ temperature: 0.7 }, SUMS, /with options\.temperature 0\.8, got 0\.7\. /);
    await refused({ seed: 1 }, SUMS, /with options\.seed 0, got 1\. /);
    await refused({ epochs: 3 }, SUMS, /with options\.epochs 2, got 3\. /);
    await refused({ thinking: [{}] }, SUMS, /with arms\.0\.thinking "budget 0", got "free"/);
    await refused({ shards: 2 }, SUMS, /with shard\.of 1, got 2/);
    await refused({}, { ...SUMS, name: "other" }, /with task\.name /);
    await refused({}, { ...SUMS, scorer: () => true }, /with task\.scorer /);
    const { options } = JSON.parse(await readFile(join(folder, "manifest.json"), "utf8"));
    assert.equal(options.topP, 0.95, "what generation_config.json says is written out");
    const samples = SUMS.samples.map((sample) => ({ ...sample, target: 1 }));
    await refused({}, { ...SUMS, samples }, /with task\.content /);
    const read = SUMS.samples.map((sample) => ({ ...sample, large: 2n ** 60n }));
    await refused({}, { ...SUMS, samples: read }, /with task\.content /); // a scorer may read it
    const other = await loadModel("tiny-fp8", { backend: "cpu", threads: 1 });
    await assert.rejects(evaluate(other, SUMS, { ...OPTIONS, folder }), {
      code: "ERR_EVALUATION",
      message: /with model\.name "tiny", got "tiny-fp8"/,
    });
    other.dispose();
    await writeFile(join(folder, "manifest.json"), '{"kind":"vitrine evaluation","version":3}');
    await refused(
      {},
      SUMS,
      /manifest\.json\.version: expected 1 or 2, got 3\. Evaluate into another folder/,
    );
  });

  it("says what keeps it from being written", async (t) => {
    const root = await temporaryFolder(t);
    const file = join(root, "file");
    await writeFile(file, "");
    const refusal = (path: RegExp) => ({ code: "ERR_OUTPUT", message: path });
    await assert.rejects(
      evaluate(model, SUMS, { ...OPTIONS, folder: file }),
      refusal(/^evaluate: expected a folder that can be written, got .*log: .*no folder \(E/),
    );
    const folder = join(root, "run");
    const onProgress = ({ done }: Progress) => done === 0 && rmSync(join(folder, "log"), FORCE);
    await assert.rejects(
      evaluate(model, SUMS, { ...OPTIONS, folder, onProgress }),
      refusal(/got .*log.*jsonl: no such folder \(ENOENT\)/),
    );
  });

  it("says as data what edits were, and refuses those that are of runs", async (t) => {
    const root = await temporaryFolder(t);
    const run = await model.run("And God");
    const edits = { patched: [patch("hook_embed", run)] };
    await assert.rejects(evaluate(model, SUMS, { edits, folder: join(root, "a") }), {
      code: "ERR_EDIT",
      message: /^evaluate edits patched: expected edits that are data/,
    });
    run.dispose();
    const folder = join(root, "b");
    const row = new Float32Array(192).fill(0.5);
    const arms = { whole: [], flat: [replace("hook_embed", row)] };
    await evaluate(model, clozeTask({ n: 2 }), { edits: arms, folder });
    const manifest = JSON.parse(await readFile(join(folder, "manifest.json"), "utf8"));
    assert.equal(manifest.arms[1].editList[0].value.length, 192);
  });

  it("keeps the bits of numbers that JSON has no text for", async (t) => {
    const folder = join(await temporaryFolder(t), "run");
    const rows = { signs: [replace("hook_embed", [-0, ...Array(191).fill(0)])] };
    const none = { none: [scale("hook_embed", Number.MAX_VALUE)] };
    const options = { edits: { ...rows, ...none }, capture: { sites: { hook_embed: [-1] } } };
    const result = await evaluate(model, clozeTask({ n: 2 }), { ...options, folder });
    const values = result.captures.sites?.map(({ value }) => value) ?? [];
    assert.ok(Object.is(values[0], -0));
    const odd = values.some((value) => !Number.isFinite(value));
    assert.ok(odd || result.samples.some(({ logprob }) => !Number.isFinite(logprob)));
    const again = await loadEvaluation(folder);
    assert.deepEqual(again.captures, result.captures);
    assert.deepEqual(again.samples, result.samples);
    assert.deepEqual(await again.toParquet("sites"), await result.toParquet("sites"));
  });

  it("is done by two at once without harm", async (t) => {
    const root = await temporaryFolder(t);
    const [both, one] = [join(root, "both"), join(root, "one")];
    const options = { ...OPTIONS, folder: both };
    const { model: other } = await openModel("cpu", tinyFolder);
    const [first, second] = await Promise.all([
      evaluate(model, SUMS, options),
      evaluate(other, SUMS, { ...options, atOnce: 3 }),
    ]);
    other.dispose();
    await evaluate(model, SUMS, { ...OPTIONS, folder: one });
    assert.deepEqual(first.samples, second.samples);
    assert.deepEqual(await read(both), await read(one));
    assert.deepEqual((await loadEvaluation(both)).samples, first.samples);
  });
});

describe("runs of samples", () => {
  const asked = { ...OPTIONS, epochs: 1, passAt: [], maxTokens: 8 };
  const ids = SUMS.samples.map((_, i) => String(i));

  it("are kept as records where they are named, and open with their tokens and maps", async (t) => {
    const folder = join(await temporaryFolder(t), "run");
    const [first = "", second = ""] = ids;
    const capture = { runs: [first, second] };
    const result = await evaluate(model, SUMS, { ...asked, capture, folder });
    assert.deepEqual((await readdir(join(folder, "runs"))).sort(), [
      ...["arm0-sample0-epoch0", "arm0-sample1-epoch0"],
      ...["arm1-sample0-epoch0", "arm1-sample1-epoch0"],
    ]);
    for (const evaluation of [result, await loadEvaluation(folder)]) {
      assert.ok(evaluation.hasRuns);
      for (const row of evaluation.samples.filter(({ index }) => index < 2)) {
        const run = await evaluation.run(row);
        const prompt = run.record.tokens.filter(({ phase }) => phase === "prompt");
        assert.equal(prompt.length, row.promptTokens);
        const { weights } = await run.attentionTile({ layer: 5, head: 0 });
        assert.ok(weights.some((weight) => weight > 0.5));
        run.dispose();
      }
      await assert.rejects(evaluation.run(evaluation.samples[2] as never), {
        code: "ERR_NOT_RECORDED",
        message: /sample "2": expected the record arm0-sample2-epoch0 in .*capture\.runs/,
      });
    }
  });

  it("change no result, are not written twice, and are whole after an end", async (t) => {
    const root = await temporaryFolder(t);
    const plain = await evaluate(model, SUMS, asked);
    const folder = join(root, "run");
    const options = { ...asked, capture: { runs: ids.slice(0, 3) } };
    await interrupted(folder, 5, options); // the first group is whole
    const names = await readdir(join(folder, "runs"));
    const manifest = (name: string) =>
      readFile(join(folder, "runs", name, "manifest.json"), "utf8");
    const before = await Promise.all(names.map(manifest));
    assert.equal(names.length, 3);
    const result = await evaluate(model, SUMS, { ...options, folder });
    assert.deepEqual(result.samples, plain.samples);
    assert.deepEqual(await Promise.all(names.map(manifest)), before);
    assert.equal((await readdir(join(folder, "runs"))).length, 6);
    const choices = await evaluate(model, clozeTask({ n: 1 }), {
      ...{ capture: { runs: true }, folder: join(root, "choices") },
    });
    (await choices.run(choices.samples[0] as never)).dispose();
  });

  it("are refused without a folder, for others than the task's, and where none were asked for", async () => {
    const refused = (runs: unknown, message: RegExp) =>
      assert.rejects(evaluate(model, SUMS, { ...asked, capture: { runs } as never }), {
        code: "ERR_OPTION",
        message,
      });
    await refused(true, /^evaluate capture runs: expected a folder/);
    await refused(["none"], /ids of the task's samples, such as \["0",/);
    await refused(1, /expected true, or a list of ids of samples, got 1/);
    const result = await evaluate(model, clozeTask({ n: 1 }));
    assert.equal(result.hasRuns, false);
    await assert.rejects(result.run(result.samples[0] as never), {
      code: "ERR_NOT_RECORDED",
      message: /folder: "runs\/mine", capture: \{ runs: true \}/,
    });
  });
});

describe("shards", () => {
  it("join to what one machine gives, bit for bit", async (t) => {
    const root = await temporaryFolder(t);
    const whole = join(root, "whole");
    const result = await evaluate(model, SUMS, { ...OPTIONS, folder: whole });
    const folders = [0, 1, 2, 3, 4].map((shard) => join(root, `shard${shard}`));
    for (const [shard, folder] of folders.entries()) {
      const part = await evaluate(model, SUMS, { ...OPTIONS, folder, shards: 5, shard });
      assert.ok(part.samples.every(({ index }) => index % 5 === shard));
    }
    const merged = join(root, "merged");
    const joined = await mergeEvaluations(folders.toReversed(), { folder: merged });
    assert.deepEqual(joined.samples, result.samples);
    assert.deepEqual(joined.intervals, result.intervals);
    assert.deepEqual(await read(merged), await read(whole));
    const manifest = (folder: string) => readFile(join(folder, "manifest.json"), "utf8");
    assert.equal(await manifest(merged), await manifest(whole));
    assert.deepEqual((await loadEvaluation(merged)).samples, result.samples);
    await assert.rejects(mergeEvaluations(folders.slice(0, 2)), {
      code: "ERR_EVALUATION",
      message:
        /expected all 40 results, got 16 in the shards 1\/5, 2\/5\. Sample number 2 of shard 3\/5 is not finished/,
    });
    const foreign = join(root, "foreign");
    await evaluate(model, SUMS, { ...OPTIONS, seed: 5, folder: foreign, shards: 5, shard: 1 });
    await assert.rejects(mergeEvaluations([...folders, foreign]), {
      code: "ERR_EVALUATION",
      message: /with options\.seed 0, got 5/,
    });
    const own = JSON.parse(await manifest(folders[1] as string));
    await writeFile(join(foreign, "manifest.json"), JSON.stringify({ ...own, vitrine: "0.0.9" }));
    await assert.rejects(mergeEvaluations([...folders, foreign]), {
      code: "ERR_EVALUATION",
      message: /with vitrine "[^"]+", got "0\.0\.9"/,
    });
    await mkdir(join(root, "empty"));
    await assert.rejects(mergeEvaluations([join(root, "empty")]), { code: "ERR_EVALUATION" });
    await assert.rejects(mergeEvaluations([]), { code: "ERR_OPTION" });
  });

  it("have the metrics of a task that is given again, and of no other", async (t) => {
    const folder = join(await temporaryFolder(t), "run");
    const task = { ...SUMS, metrics: { rows: (samples: readonly unknown[]) => samples.length } };
    const options = { maxTokens: 20, temperature: 0, thinking: { budget: 0 }, folder };
    const result = await evaluate(model, task, options);
    assert.deepEqual((await mergeEvaluations([folder], { task })).metrics, result.metrics);
    await assert.rejects(loadEvaluation(folder), {
      message: /with its metric rows, got \[\]\. Pass/,
    });
    const other = { ...task, metrics: { rows: () => 1 } };
    await assert.rejects(mergeEvaluations([folder], { task: other }), { code: "ERR_EVALUATION" });
  });
});
