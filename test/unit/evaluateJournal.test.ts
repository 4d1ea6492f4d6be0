import assert from "node:assert/strict";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { createFile } from "../../engine/base/createFile.node.ts";
import { FolderJournal, logLines, readLogs } from "../../engine/evaluate/journal.node.ts";
import { lastWorker } from "../../engine/evaluate/lastWorker.node.ts";
import type { EvaluationManifest } from "../../engine/evaluate/manifest.ts";
import { asVersion1 } from "../../engine/evaluate/manifestDifference.ts";
import { loadEvaluation, mergeEvaluations } from "../../engine/evaluate/mergeEvaluations.node.ts";
import { SUMS_MANIFEST } from "../fixtures/evaluationManifest.ts";
import { SUMS_NOW } from "../fixtures/evaluationRecords.ts";
import { temporaryFolder } from "../fixtures/temporaryFolder.ts";

/** A folder with the samples of a shard, all finished. */
async function evaluated(folder: string, manifest: EvaluationManifest): Promise<void> {
  const journal = await FolderJournal.open(folder, manifest);
  const { index, of } = manifest.shard;
  await journal.keep(SUMS_NOW.finished.filter(({ row }) => row.index % of === index));
}

const seeded = (seed: number): EvaluationManifest => ({
  ...SUMS_MANIFEST,
  options: { ...SUMS_MANIFEST.options, seed },
});

describe("a file that is made once", () => {
  it("is written by one of many at the same moment, and is whole", async (t) => {
    const folder = await temporaryFolder(t);
    const path = join(folder, "a");
    const texts = Array.from({ length: 12 }, (_, i) => String(i).repeat(50_000));
    const made = await Promise.all(texts.map((text) => createFile(path, text)));
    assert.equal(made.filter(Boolean).length, 1);
    assert.equal(await readFile(path, "utf8"), texts[made.indexOf(true)]);
    assert.deepEqual(await readdir(folder), ["a"]);
  });
});

describe("two evaluations that begin in one folder at the same moment", () => {
  it("are one where they are different: the second is told who works there", async (t) => {
    const root = await temporaryFolder(t);
    for (let round = 0; round < 10; round++) {
      const folder = join(root, String(round));
      const begun = [1, 2, 3].map((seed) => FolderJournal.open(folder, seeded(seed)));
      const ended = await Promise.allSettled(begun);
      const refused = ended.flatMap((it) => (it.status === "rejected" ? [it.reason] : []));
      assert.equal(refused.length, 2);
      for (const error of refused) {
        assert.equal(error.code, "ERR_EVALUATION");
        assert.match(
          error.message,
          /expected the evaluation that was begun there, with options\.seed/,
        );
        assert.ok(
          error.message.includes(`process ${process.pid} on ${hostname()}, heard of at 20`),
        );
      }
      const winner = ended.findIndex(({ status }) => status === "fulfilled") + 1;
      const { options } = JSON.parse(await readFile(join(folder, "manifest.json"), "utf8"));
      assert.equal(options.seed, winner);
      assert.equal((await readdir(join(folder, "timings"))).length, 1, "of who works there");
    }
  });

  it("are told of who was heard of last, not of who began last", async (t) => {
    const folder = await temporaryFolder(t);
    const lines = [
      { pid: 1, host: "h", finishedAt: "2026-01-02" },
      { pid: 2, host: "h", startedAt: "2026-01-01" },
    ];
    for (const [i, line] of lines.entries())
      await writeFile(join(folder, `${i}.jsonl`), `${JSON.stringify(line)}\n`);
    const said = "Last at work on it: process 1 on h, heard of at 2026-01-02.";
    assert.equal(await lastWorker(folder), said);
  });

  it("work together where they are the same", async (t) => {
    const folder = join(await temporaryFolder(t), "run");
    const begun = await Promise.all([1, 2].map(() => FolderJournal.open(folder, SUMS_MANIFEST)));
    await Promise.all(begun.map((journal) => journal.keep(SUMS_NOW.finished)));
    assert.equal((await readdir(join(folder, "log"))).length, 2);
    assert.deepEqual((await loadEvaluation(folder)).samples, SUMS_NOW.samples);
  });
});

describe("a folder's result", () => {
  it("says with what it was evaluated, whoever reads it", async (t) => {
    const root = await temporaryFolder(t);
    const folder = join(root, "run");
    await evaluated(folder, SUMS_MANIFEST);
    const { about } = await loadEvaluation(folder);
    assert.deepEqual(about.versions, { vitrine: "0.0.9", node: "19.0.0" });
    const on = { name: "webgpu", arithmetic: "exact", device: "a card", driver: "driver 1" };
    await evaluated(join(root, "card"), { ...SUMS_MANIFEST, backend: on });
    const card = (await loadEvaluation(join(root, "card"))).about;
    assert.deepEqual([card.device, card.driver], ["a card", "driver 1"]);
    const { node: _, ...before } = asVersion1(SUMS_MANIFEST); // as the first folders had it, which kept neither
    await writeFile(join(folder, "manifest.json"), JSON.stringify(before));
    const old = await loadEvaluation(folder);
    assert.deepEqual(old.about.versions, { vitrine: "0.0.9", node: null });
    assert.equal("tokenizer" in old.about, false);
  });

  it("is joined by parts of the same dtypes, tokenizer and template alone", async (t) => {
    const root = await temporaryFolder(t);
    const first = join(root, "first");
    await evaluated(first, { ...SUMS_MANIFEST, shard: { index: 0, of: 2 } });
    const { model, prompt } = SUMS_MANIFEST;
    const other = { name: "tokenizer.json", sha256: "00".repeat(32) };
    const cases: [Partial<EvaluationManifest>, RegExp][] = [
      [
        { model: { ...model, weight_dtypes: { f32: 12 } } },
        /with model\.weight_dtypes\.f32 3, got 12/,
      ],
      [{ model: { ...model, files: [other] } }, /with model\.files\.0\.sha256 "ee/],
      [
        { prompt: { ...prompt, template_sha256: "00".repeat(32) } as never },
        /with prompt\.template_sha256 "ff/,
      ],
      [
        asVersion1(SUMS_MANIFEST),
        /with version 2, got 1\. Version 1 does not say in which dtypes weights lay/,
      ],
    ];
    for (const [i, [change, message]] of cases.entries()) {
      const second = join(root, String(i));
      const { version = 2, ...changed } = { ...change, shard: { index: 1, of: 2 } };
      const whole = version === 1 ? { version, ...changed } : { ...SUMS_MANIFEST, ...changed };
      await evaluated(second, whole as EvaluationManifest);
      await assert.rejects(mergeEvaluations([first, second]), { code: "ERR_EVALUATION", message });
    }
  });

  it("goes on from a manifest of version 1 where a server was asked, whose dtypes nobody knows", async (t) => {
    const folder = join(await temporaryFolder(t), "run");
    const model = { name: "small", weights: null, hash: null, weight_dtypes: null, files: null };
    const asked: EvaluationManifest = { ...SUMS_MANIFEST, model };
    await evaluated(folder, asVersion1(asked) as EvaluationManifest);
    const journal = await FolderJournal.open(folder, asked);
    assert.equal(journal.finished.size, 6);
  });

  it("is joined by parts of the same versions alone", async (t) => {
    const root = await temporaryFolder(t);
    const shard = (index: number) => ({ ...SUMS_MANIFEST, shard: { index, of: 2 } });
    await evaluated(join(root, "0"), shard(0));
    await evaluated(join(root, "1"), { ...shard(1), node: "20.0.0" });
    await assert.rejects(mergeEvaluations([join(root, "0"), join(root, "1")]), {
      code: "ERR_EVALUATION",
      message: /with node "19\.0\.0", got "20\.0\.0"/,
    });
  });

  it("has the cell of its first shard, however they are named, and no cell tells two apart", async (t) => {
    const root = await temporaryFolder(t);
    const source = (name: string) => ({ id: name, source: `await evaluate("${name}")` });
    const folders = [0, 1].map((index) => join(root, String(index)));
    for (const [index, folder] of folders.entries())
      await evaluated(folder, {
        ...SUMS_MANIFEST,
        ...{ shard: { index, of: 2 }, source: source(String(index)) },
      });
    const texts: string[] = [];
    for (const [i, order] of [folders, folders.toReversed()].entries()) {
      const merged = join(root, `merged${i}`);
      await mergeEvaluations(order, { folder: merged });
      texts.push(await readFile(join(merged, "manifest.json"), "utf8"));
    }
    assert.equal(texts[0], texts[1]);
    assert.deepEqual(JSON.parse(texts[0] ?? "").source, source("0"));
    await FolderJournal.open(join(root, "merged0"), { ...SUMS_MANIFEST, source: null });
  });
});

describe("a log", () => {
  it("is read to its last line that is whole, and a line in the middle is named by its number", async (t) => {
    const folder = join(await temporaryFolder(t), "run");
    await evaluated(folder, SUMS_MANIFEST);
    const [name = ""] = await readdir(join(folder, "log"));
    const path = join(folder, "log", name);
    const lines = [...logLines(SUMS_NOW.finished)];
    assert.equal(await readFile(path, "utf8"), lines.join(""));
    await writeFile(path, `${lines.join("")}{"row":`);
    assert.equal((await readLogs(folder, SUMS_MANIFEST)).size, 6);
    await writeFile(path, [lines[0], lines[1], '{"row":\n', lines[2]].join(""));
    await assert.rejects(readLogs(folder, SUMS_MANIFEST), {
      code: "ERR_EVALUATION",
      message: /jsonl line 3: expected a finished sample as JSON, got /,
    });
  });
});
