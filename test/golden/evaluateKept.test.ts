import assert from "node:assert/strict";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { evaluate } from "../../engine/evaluate/evaluate.node.ts";
import type { EvaluatedSample } from "../../engine/evaluate/evaluatedSample.ts";
import { FolderJournal, readManifest } from "../../engine/evaluate/journal.node.ts";
import type { EvaluationManifest } from "../../engine/evaluate/manifest.ts";
import { openKeptRun } from "../../engine/evaluate/openKeptRun.node.ts";
import { arithmeticTask, type Model, type Task } from "../../engine/index.node.ts";
import { temporaryFolder } from "../fixtures/temporaryFolder.ts";
import { openModel, tinyFolder } from "./openModel.ts";

let model: Model;
before(async () => {
  ({ model } = await openModel("cpu", tinyFolder));
});
after(() => model.dispose());

const SUMS = arithmeticTask({ n: 10, size: 2, seed: 1 }) as unknown as Task;
const ASKED = { temperature: 0, maxTokens: 8 };

const finishedIn = async (folder: string): Promise<string[]> => {
  const names = await readdir(join(folder, "log"));
  const texts = await Promise.all(names.map((name) => readFile(join(folder, "log", name), "utf8")));
  return texts.flatMap((text) =>
    text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line).row.sample),
  );
};

describe("a scorer that throws in the middle of a group", () => {
  it("is named with its sample and what it threw; what was judged before is kept, and the next call goes on there", async (t) => {
    const folder = join(await temporaryFolder(t), "run");
    const judged: string[] = [];
    const flaws = { broken: true };
    const scorer = {
      kind: "reply" as const,
      name: "own judge",
      async judge(_reply: unknown, _target: unknown, { question }: { question?: unknown }) {
        judged.push(String(question));
        if (flaws.broken && judged.length === 7) throw new TypeError("no such field.");
        return { score: true };
      },
    };
    const task = { ...SUMS, scorer };
    const asked = { ...ASKED, thinking: [{ budget: 0 }], folder };
    await assert.rejects(evaluate(model, task, asked), (error: Error & { code?: string }) => {
      assert.equal(error.code, "ERR_SCORER");
      assert.match(
        error.message,
        /^scorer "own judge" on sample "6" \(thinking budget 0, epoch 0\): expected a judgement, got TypeError: no such field\. Correct /,
      );
      assert.ok(error.cause instanceof TypeError);
      return true;
    });
    assert.deepEqual(await finishedIn(folder), ["0", "1", "2", "3", "4", "5"]);
    flaws.broken = false;
    judged.length = 0;
    const { samples } = await evaluate(model, task, asked);
    assert.equal(judged.length, 4, "the others were not judged again");
    const undisturbed = await evaluate(model, task, {
      ...asked,
      folder: join(folder, "..", "whole"),
    });
    assert.deepEqual(samples, undisturbed.samples);
  });
});

describe("runs that are kept", () => {
  it("are refused before the first sample where they would not fit", async (t) => {
    const folder = join(await temporaryFolder(t), "run");
    let asked = 0;
    const task: Task = {
      ...SUMS,
      scorer: () => {
        asked += 1;
        return true;
      },
    };
    const capture = { runs: true, bytes: 10_000 };
    let needed = 0;
    await assert.rejects(evaluate(model, task, { ...ASKED, folder, capture }), (error: Error) => {
      const message =
        /^evaluate capture runs: expected at most 1000 bytes for each of 10 runs, which share capture\.bytes, got \d+\. Write bytes: (\d+), name fewer samples, or lower maxTokens\.$/;
      assert.match(error.message, message);
      needed = Number(message.exec(error.message)?.[1]);
      return true;
    });
    assert.equal(asked, 0);
    const enough = { ...ASKED, folder, capture: { ...capture, bytes: needed } };
    const result = await evaluate(model, task, enough);
    for (const row of result.samples) (await result.run(row)).dispose();
  });

  it("that turn out larger are left out, and say so when they are asked for", async (t) => {
    const folder = join(await temporaryFolder(t), "run");
    const result = await evaluate(model, SUMS, { ...ASKED, folder });
    const [row] = result.samples as [EvaluatedSample];
    const manifest = (await readManifest(folder)) as EvaluationManifest;
    const journal = await FolderJournal.open(folder, manifest);
    const run = await model.run("7+5=?");
    await journal.keepRun(run, "arm0-sample0-epoch0", 1);
    run.dispose();
    const open = openKeptRun([folder], [{ edits: null, thinking: null }]);
    await assert.rejects(open(row), {
      code: "ERR_NOT_RECORDED",
      message:
        /got one that was left out \(run\.save: expected at most 1 bytes.*\)\. Evaluate into another folder with more capture\.bytes\./,
    });
    assert.deepEqual(await readdir(join(folder, "runs")), ["arm0-sample0-epoch0.json"]);
    await writeFile(join(folder, "runs", "arm0-sample0-epoch0.json"), '{"left_');
    await assert.rejects(open(row), {
      code: "ERR_NOT_RECORDED",
      message: /got one that was left out \(.*arm0-sample0-epoch0\.json is damaged\)\./,
    });
  });
});

describe("the cell that evaluates", () => {
  it("is in the manifest, and another one goes on with the same evaluation", async (t) => {
    const folder = join(await temporaryFolder(t), "run");
    const host = Symbol.for("vitrine.kernelHost");
    t.after(() => Reflect.deleteProperty(globalThis, host));
    const cell = { id: "a1", source: "await evaluate(model, sums)" };
    Reflect.set(globalThis, host, { sourceCell: cell });
    await evaluate(model, SUMS, { ...ASKED, folder });
    const manifest = () => readFile(join(folder, "manifest.json"), "utf8");
    const before = await manifest();
    assert.deepEqual(JSON.parse(before).source, cell);
    Reflect.set(globalThis, host, { sourceCell: { ...cell, source: "// again" } });
    await evaluate(model, SUMS, { ...ASKED, folder });
    assert.equal(await manifest(), before);
    Reflect.deleteProperty(globalThis, host);
    await evaluate(model, SUMS, { ...ASKED, folder: `${folder}2` });
    assert.equal(
      JSON.parse(await readFile(join(`${folder}2`, "manifest.json"), "utf8")).source,
      null,
    );
  });
});
