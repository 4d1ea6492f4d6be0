import assert from "node:assert/strict";
import { appendFile, cp, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it, type TestContext } from "node:test";
import {
  arithmeticTask,
  type EvaluateOptions,
  evaluate,
  heads,
  type Model,
  multipleChoice,
  replayEvaluation,
  verifyEvaluation,
} from "../../engine/index.node.ts";
import { runCommand } from "../fixtures/runCommand.ts";
import { temporaryFolder } from "../fixtures/temporaryFolder.ts";
import { openModel, tinyFolder } from "./openModel.ts";

let model: Model;
before(async () => {
  ({ model } = await openModel("cpu", tinyFolder));
});
after(() => model.dispose());

const SUMS = arithmeticTask({ n: 3, size: 2, seed: 1 });
const OPTIONS: EvaluateOptions = {
  ...{ temperature: 0.8, maxTokens: 12 },
  thinking: [{ budget: 0 }, {}],
  edits: { whole: [], "without 4.3": [heads({ layer: 4, head: 3 }).mask()] },
  capture: { sites: { hook_embed: [-1] }, runs: ["0"] },
};

async function evaluated(t: TestContext): Promise<string> {
  const folder = join(await temporaryFolder(t), "sums");
  await evaluate(model, SUMS, { ...OPTIONS, folder });
  return folder;
}

/** Writes the one log of a folder anew. */
async function changeLog(folder: string, change: (text: string) => string): Promise<void> {
  const [name = ""] = await readdir(join(folder, "log"));
  const path = join(folder, "log", name);
  await writeFile(path, change(await readFile(path, "utf8")));
}

describe("an evaluation's folder", () => {
  it("is verified without the model, and a torn or altered file is named", async (t) => {
    const folder = await evaluated(t);
    const whole = await verifyEvaluation(folder);
    assert.deepEqual([whole.samples, whole.files, whole.runs], [12, 3, 4]);
    const shown = await runCommand(t, "verify", folder);
    assert.equal(shown.code, 0, shown.text);
    assert.match(
      shown.text,
      /: whole\. evaluation [0-9a-f]{64}, 12 replies, 3 tables, .* 4 records of runs\n/,
    );
    const altered = async (change: (copy: string) => Promise<void>) => {
      const copy = join(await temporaryFolder(t), "copy");
      await cp(folder, copy, { recursive: true });
      await change(copy);
      return verifyEvaluation(copy);
    };
    const cases: [RegExp, (copy: string) => Promise<void>][] = [
      [/samples\.csv: expected \d+ bytes/, (copy) => appendFile(join(copy, "samples.csv"), "\n")],
      [
        /sites\.parquet: expected the sha256/,
        async (copy) => {
          const bytes = await readFile(join(copy, "sites.parquet"));
          bytes[40] = (bytes[40] as number) ^ 1;
          await writeFile(join(copy, "sites.parquet"), bytes);
        },
      ],
      [
        /results\.json: expected metrics that the logs come to/,
        async (copy) => {
          const path = join(copy, "results.json");
          const text = await readFile(path, "utf8");
          await writeFile(path, text.replace(/"value": [\d.]+/, '"value": 0.99'));
        },
      ],
      [
        /samples\.csv: expected what the logs come to/,
        (copy) => changeLog(copy, (text) => text.replace(/"reply":"[^"]*"/, '"reply":"forged"')),
      ],
      [
        /sites\.parquet: expected the rows of the logs/,
        (copy) => changeLog(copy, (text) => text.replace(/"value":\[[-\d.e]+,/, '"value":[7,')),
      ],
    ];
    for (const [message, change] of cases)
      await assert.rejects(altered(change), { code: "ERR_EVALUATION", message });
  });

  it("is replayed to the same replies, and the first that differs is named", async (t) => {
    const folder = await evaluated(t);
    const replayed = await replayEvaluation(folder, model, SUMS);
    assert.deepEqual(replayed, { same: true, compared: 12, difference: null, notes: [] });
    await changeLog(folder, (text) => text.replace(/"value":\[[-\d.e]+,/, '"value":[7,'));
    const { same, compared, difference } = await replayEvaluation(folder, model, SUMS);
    assert.deepEqual([same, compared], [false, 0]);
    assert.equal(difference?.field, "sites.value[0]");
    assert.equal(difference?.recorded, 7);
    await changeLog(folder, (text) => text.replace(/"reply":"[^"]*"/, '"reply":"forged"'));
    const parted = await replayEvaluation(folder, model, SUMS);
    assert.equal(parted.difference?.field, "reply");
    assert.equal(parted.difference?.recorded, "forged");
    await assert.rejects(replayEvaluation(folder, model, arithmeticTask({ n: 3, size: 2 })), {
      code: "ERR_EVALUATION",
      message: /expected task\.content/,
    });
  });

  it("of a shard of choices is replayed too", async (t) => {
    const folder = join(await temporaryFolder(t), "choices");
    const task = {
      name: "digits",
      samples: [{ ask: "1+1=" }, { ask: "2+2=" }, { ask: "3+3=" }],
      prompt: ({ ask }: { ask: string }) => ask,
      target: () => 0,
      scorer: multipleChoice({ choices: () => ["2", "4", "6"] }),
    };
    await evaluate(model, task, { folder, shards: 2, shard: 0 });
    const { same, compared } = await replayEvaluation(folder, model, task);
    assert.deepEqual([same, compared], [true, 2]);
  });

  it("is replayed from a shell, where a task that is shipped is found by its name", async (t) => {
    const folder = join(await temporaryFolder(t), "shipped");
    const asked = ["arithmetic", "--model", tinyFolder, "--backend", "cpu", "--threads", "1"];
    const made = await runCommand(t, "evaluate", ...asked, "--max-tokens", "2", "--out", folder);
    assert.equal(made.code, 0, made.text);
    const same = await runCommand(t, "replay", folder, "--model", tinyFolder);
    assert.equal(same.code, 0, same.text);
    assert.match(same.text, /the same 100 replies, on cpu\n/);
    await changeLog(folder, (text) => text.replace(/"reply":"[^"]*"/, '"reply":"forged"'));
    const parted = await runCommand(t, "replay", folder, "--model", tinyFolder);
    assert.equal(parted.code, 1);
    assert.match(parted.text, /got another reply first of sample "\d+" \(epoch 0\): "forged" in/);
    await writeFile(
      join(folder, "manifest.json"),
      (await readFile(join(folder, "manifest.json"), "utf8")).replace(/arithmetic chain 5/, "mine"),
    );
    const unnamed = await runCommand(t, "replay", folder, "--model", tinyFolder);
    assert.equal(unnamed.code, 2);
    assert.match(unnamed.text, /expected --task with the task mine, got none\./);
  });
});
