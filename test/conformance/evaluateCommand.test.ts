import assert from "node:assert/strict";
import { readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryFolder } from "../fixtures/temporaryFolder.ts";
import { until } from "../fixtures/until.ts";
import { evaluationBytes, startVitrine } from "../fixtures/vitrineCommand.ts";

const run = (folder: string, ...args: string[]) => startVitrine(folder, args).ended;

const TASK = `
import { readFileSync } from "node:fs";
import { exactMatch, type Task } from "vitrine";
import { question } from "./words.ts";

interface Sum { readonly a: number; readonly target: string }
const samples: Sum[] = JSON.parse(readFileSync(new URL("sums.json", import.meta.url), "utf8"));
const task: Task<Sum> = {
  name: "own sums",
  samples,
  messages: ({ a }) => [{ role: "user", content: question(a) }],
  scorer: exactMatch(),
  metrics: { samples: (rows) => rows.length },
};
export default task;
`;

async function writeTask(folder: string): Promise<void> {
  const sums = Array.from({ length: 12 }, (_, a) => ({ a, target: String(a + 3) }));
  await writeFile(join(folder, "sums.json"), JSON.stringify(sums));
  await writeFile(join(folder, "words.ts"), 'export const question = (a: number) => a + "+3=?";');
  await writeFile(join(folder, "task.ts"), TASK);
}

const ON_TINY = ["--model", "tiny", "--backend", "cpu", "--threads", "1"];

test("vitrine evaluate asks a task of a file, in one go or in shards that merge to the same", async (t) => {
  const folder = await temporaryFolder(t);
  await writeTask(folder);
  const asked = ["task.ts", ...ON_TINY, "--temperature", "0", "--thinking", "0,free"];
  const whole = await run(folder, "evaluate", ...asked, "--out", "whole");
  assert.equal(whole.code, 0, whole.error);
  assert.match(
    whole.out,
    /^Evaluation of tiny on own sums: accuracy\n {2}thinking budget 0: 0\.\d{3} \[/,
  );
  const parts = [1, 2].map((i) => ["--shard", `${i}/2`, "--out", `part${i}`]);
  for (const part of parts)
    assert.equal((await run(folder, "evaluate", ...asked, ...part)).code, 0);
  const without = await run(folder, "merge", "part1", "part2");
  assert.equal(without.code, 1);
  assert.match(without.error, /with its metric samples/);
  const joined = ["part2", "part1", "--out", "merged", "--task", "task.ts", "--json"];
  const merged = await run(folder, "merge", ...joined);
  assert.equal(merged.code, 0, merged.error);
  assert.ok(
    JSON.parse(merged.out).metrics.some(({ metric }: { metric: string }) => metric === "samples"),
  );
  assert.deepEqual(
    await evaluationBytes(join(folder, "merged")),
    await evaluationBytes(join(folder, "whole")),
  );
  const unnamed = await run(folder, "verify", "merged");
  assert.equal(unnamed.code, 1);
  assert.match(unnamed.error, /with its metric samples/);
  const verified = await run(folder, "verify", "merged", "--task", "task.ts");
  assert.equal(verified.code, 0, verified.error);
  assert.match(verified.out, /^merged: whole\. evaluation [0-9a-f]{64}, \d+ replies, /);
  const misplaced = await run(folder, "verify", "sums.ipynb", "--task", "task.ts");
  assert.equal(misplaced.code, 2);
  assert.match(misplaced.error, /--task: expected the folder of an evaluation with it, got sums/);
  const left = (await readdir(folder)).filter((name) => name.startsWith(".vitrine"));
  assert.deepEqual(left, []);
});

/** Of all processes that wrote into the folder. */
async function bytesOfLogs(folder: string): Promise<number> {
  const names = await readdir(join(folder, "log")).catch(() => []);
  const sizes = names.map(async (name) => (await stat(join(folder, "log", name))).size);
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

test("it goes on where it was killed, and ends with the same bytes", async (t) => {
  const folder = await temporaryFolder(t);
  const asked = [
    "arithmetic",
    ...ON_TINY,
    "--thinking",
    "0,free",
    "--at-once",
    "2",
    "--max-tokens",
    "40",
  ];
  const whole = await run(folder, "evaluate", ...asked, "--out", "whole");
  assert.equal(whole.code, 0, whole.error);
  for (let kills = 0; kills < 3; kills++) {
    const before = await bytesOfLogs(join(folder, "killed"));
    const { child, ended } = startVitrine(folder, ["evaluate", ...asked, "--out", "killed"]);
    await until("a group that is kept", async () => {
      return child.exitCode !== null || (await bytesOfLogs(join(folder, "killed"))) > before;
    });
    child.kill("SIGKILL");
    assert.equal((await ended).code, null, "it was killed before its end");
  }
  const last = await run(folder, "evaluate", ...asked, "--out", "killed");
  assert.equal(last.code, 0, last.error);
  assert.deepEqual(
    await evaluationBytes(join(folder, "killed")),
    await evaluationBytes(join(folder, "whole")),
  );
  const other = await run(folder, "evaluate", ...asked, "--seed", "2", "--out", "killed");
  assert.equal(other.code, 1);
  assert.match(other.error, /with options\.seed 0, got 2/);
});

test("a task of lm-evaluation-harness is read from its YAML", async (t) => {
  const folder = await temporaryFolder(t);
  const rows = [
    { q: "cat", choices: ["dog", "owl"], right: 1 },
    { q: "sea", choices: ["sky", "sun"], right: 0 },
  ];
  await writeFile(join(folder, "test.jsonl"), rows.map((row) => JSON.stringify(row)).join("\n"));
  const yaml = [
    "task: words",
    "dataset_path: json",
    "dataset_kwargs: { data_files: test.jsonl }",
    "output_type: multiple_choice",
    'doc_to_text: "{{q}} and"',
    "doc_to_target: right",
    "doc_to_choice: choices",
  ];
  await writeFile(join(folder, "words.yaml"), yaml.join("\n"));
  const { code, out, error } = await run(folder, "evaluate", "words.yaml", ...ON_TINY);
  assert.equal(code, 0, error);
  assert.match(out, /^Evaluation of tiny on words: accuracy\n {2}as it is: \d\.\d{3} \[.*of 2\n/);
});

test("edits of a file are an arm beside the whole model", async (t) => {
  const folder = await temporaryFolder(t);
  const head = [{ kind: "heads", layer: 4, head: 3, mask: true }];
  await writeFile(join(folder, "edits.json"), JSON.stringify(head));
  const asked = ["recall", ...ON_TINY, "--edits", "without 4.3=edits.json", "--json"];
  const { code, out, error } = await run(folder, "evaluate", ...asked);
  assert.equal(code, 0, error);
  assert.equal(error, "");
  const metrics: { metric: string; edits: string; value: number }[] = JSON.parse(out).metrics;
  const accuracies = metrics.filter(({ metric }) => metric === "accuracy");
  assert.deepEqual(
    accuracies.map(({ edits, value }) => [edits, value]),
    [
      ["whole", 0.81],
      ["without 4.3", 0.56],
    ],
  );
});

test("a wrong command line is told what is wrong", async (t) => {
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, "empty.ts"), "export const a = 1;");
  const cases: [RegExp, ...string[]][] = [
    [/expected arithmetic, recall, cloze or a file, got "sums"/, "sums"],
    [/empty\.ts: expected a task as its default export, got undefined/, "empty.ts"],
    [/expected --out beside it/, "recall", "--shard", "1/2"],
    [/Expected the number of a shard and of all/, "recall", "--shard", "3/2"],
    [/whole number of at least 0/, "recall", "--thinking", "much"],
    [/Expected a name and a file/, "recall", "--edits", "edits.json"],
    [/whole is the one without edits/, "recall", "--edits", "whole=edits.json"],
    [/Expected a name of its own/, "recall", "--edits", "a=a.json", "--edits", "a=b.json"],
  ];
  for (const [message, ...args] of cases) {
    const { code, error } = await run(folder, "evaluate", ...args, ...ON_TINY);
    assert.equal(code, 2, args.join(" "));
    assert.match(error, message);
  }
});
