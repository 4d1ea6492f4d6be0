import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { describe, it } from "node:test";
import { askingWords } from "../../cli/askingOptions.ts";
import { address, checkEngine, engineWords } from "../../cli/engineOptions.ts";
import { kubernetesJob } from "../../cli/submit/kubernetesJob.ts";
import { predict } from "../../cli/submit/predict.ts";
import { predictionReport } from "../../cli/submit/predictionReport.ts";
import { shellWord } from "../../cli/submit/shellWord.ts";
import { slurmScript } from "../../cli/submit/slurmScript.ts";
import { mergeLine, type Submission } from "../../cli/submit/submission.ts";
import { rayRequests } from "../../cli/submit/submitRay.ts";
import { UsageError } from "../../cli/usageError.ts";
import { arithmeticTask, clozeTask, exactMatch, type Task } from "../../engine/index.node.ts";
import { PRICES } from "../../engine/price/prices.ts";
import { whatIf } from "../../engine/whatif/whatIf.node.ts";
import { inRepository } from "../../scripts/build/repository.ts";

const SUBMISSION: Submission = {
  task: "/home/ada/It's mine.ts",
  shards: 16,
  out: "/scratch/runs/mine 100%",
  kept: "/scratch/runs/mine 100%",
  folder: "/home/ada/my work",
  vitrine: ["/usr/bin/node", "/opt/vitrine/bin/vitrine.mjs"],
  words: ["--model", "./my-model", "--temperature", "0.7", "--edits", "without 5.0=edits.json"],
};

/** As the command line has them, which knows nothing of their samples. */
const tasks = <Sample extends object>(task: Task<Sample>): Task => task as unknown as Task;

const golden = (name: string) => readFile(inRepository("test/fixtures/submit", name), "utf8");

describe("what clusters are handed", () => {
  it("is a script with a task for each shard, for Slurm", async () => {
    const options = { partition: "gpu", time: "01:30:00", arrayLimit: 4, sbatch: ["--gres=gpu:1"] };
    assert.equal(slurmScript(SUBMISSION, options), await golden("slurm.sh"));
  });

  it("is an Indexed Job with a pod for each shard, for Kubernetes", async () => {
    const options = {
      ...{ image: "registry.example/vitrine:0.1", claim: "runs", parallelism: 20 },
      limits: { "nvidia.com/gpu": "1" },
    };
    const submission = { ...SUBMISSION, vitrine: ["vitrine"], out: "/runs/mine" };
    const text = `${JSON.stringify(kubernetesJob(submission, options), null, 2)}\n`;
    assert.equal(text, await golden("kubernetes.json"));
  });

  it("is a Job whose pods' names are short enough for hosts, for Kubernetes", () => {
    const task = `${"a".repeat(80)}.ts`;
    for (const shards of [4, 10_000]) {
      const job = kubernetesJob({ ...SUBMISSION, task, shards }, { image: "a", claim: "b" });
      const { metadata } = job as { readonly metadata: { readonly name: string } };
      assert.equal(`${metadata.name}-${shards - 1}`.length, 63);
    }
  });

  it("is where its shards are in a store, and no folder that all workers see", () => {
    const stored = { ...SUBMISSION, task: "sums", out: "s3://bucket/my sums", kept: "/home/ada/k" };
    const script = slurmScript(stored, {});
    assert.match(script, /^#SBATCH --output=\/home\/ada\/k\/slurm\/%a\.log$/m);
    assert.match(script, /--out 's3:\/\/bucket\/my sums\/shards'\/"\$shard"$/m);
    assert.equal(
      mergeLine(stored, false),
      "vitrine merge 's3://bucket/my sums/shards/*' --out 's3://bucket/my sums'",
    );
    const job = JSON.stringify(kubernetesJob(stored, { image: "a", secret: "store" }));
    assert.match(job, /"envFrom":\[\{"secretRef":\{"name":"store"\}\}\]/);
    assert.doesNotMatch(job, /volume/);
  });

  it("is a request for each shard, for Ray", async () => {
    const requests = rayRequests({ ...SUBMISSION, shards: 2 }, { cpus: 1, gpus: 0 }, "0a1b2c3d");
    assert.equal(`${JSON.stringify(requests, null, 2)}\n`, await golden("ray.json"));
  });

  it("says the command line again, word for word", () => {
    const asked = {
      ...{ seed: 3, epochs: 8, passAt: [1, 8], maxTokens: 64, temperature: 0.5, atOnce: 4 },
      ...{ thinking: [{ budget: 0 }, {}], edits: { a: "a.json", b: "b=c.json" } },
    };
    assert.deepEqual(
      askingWords(asked).join(" "),
      [
        ...[
          "--seed 3 --epochs 8 --pass-at 1,8 --max-tokens 64 --temperature 0.5 --thinking 0,free",
        ],
        ...["--at-once 4 --edits a=a.json --edits b=b=c.json"],
      ].join(" "),
    );
    const here = { model: "tiny", backend: "cpu", threads: 2, arithmetic: "i16" } as const;
    const words = "--model tiny --backend cpu --threads 2 --arithmetic i16";
    assert.equal(engineWords({ ...here, expertCache: 9 }).join(" "), `${words} --expert-cache 9`);
    assert.deepEqual(engineWords({ model: "tiny", backend: "auto" }), ["--model", "tiny"]);
    const there = { remote: "http://a/v1", remoteModel: "m", remoteKeyEnv: "KEY" };
    assert.equal(
      engineWords({ ...there, backend: "auto", remotePatience: 60 }).join(" "),
      "--remote http://a/v1 --remote-model m --remote-key-env KEY --remote-patience 60",
    );
  });

  it("quotes what a shell would read otherwise", () => {
    assert.equal(shellWord("runs/a-1.ts"), "runs/a-1.ts");
    assert.equal(shellWord("it's $HOME"), "'it'\\''s $HOME'");
    assert.equal(shellWord(""), "''");
    assert.equal(
      mergeLine(SUBMISSION, true),
      "vitrine merge '/scratch/runs/mine 100%/shards'/* --out '/scratch/runs/mine 100%' --task '/home/ada/It'\\''s mine.ts'",
    );
  });

  it("refuses by name what it cannot say", () => {
    const refused = (message: RegExp, submission: object, options: object = {}) =>
      assert.throws(
        () => slurmScript({ ...SUBMISSION, ...submission }, options),
        (error: Error) => {
          assert.ok(error instanceof UsageError);
          assert.match(error.message, message);
          return true;
        },
      );
    refused(/expected a path without quotes/, { folder: '/a"b' });
    refused(/expected a path without quotes/, { kept: "/a\n#SBATCH --uid=0" });
    refused(/--sbatch: expected an option of sbatch/, {}, { sbatch: ["--array=1-2"] });
    refused(/--sbatch: expected an option of sbatch/, {}, { sbatch: ["gres=gpu:1"] });
    refused(/--partition: expected a word, got "a b"/, {}, { partition: "a b" });
    assert.throws(
      () => kubernetesJob(SUBMISSION, { image: "a", claim: "A b" }),
      /--claim: expected/,
    );
    assert.throws(
      () => kubernetesJob(SUBMISSION, { image: "a", secret: "A b" }),
      /--secret: expected the name of a Secret/,
    );
    const engine = (options: object) => () =>
      checkEngine("submit", { backend: "auto", ...options });
    assert.throws(engine({}), /expected either --model or --remote, got neither/);
    assert.throws(engine({ model: "a", remote: "http://a" }), /got both/);
    assert.throws(engine({ remote: "http://a" }), /--remote and --remote-model together/);
    assert.throws(engine({ model: "a", remoteKeyEnv: "K" }), /expected --remote beside it/);
    assert.throws(
      engine({ model: "a", remotePatience: 60 }),
      /submit --remote-patience: expected --remote beside it/,
    );
    const remote = { remote: "http://a", remoteModel: "m" };
    assert.throws(
      engine({ ...remote, threads: 2 }),
      /submit --threads: expected none beside --remote/,
    );
    assert.throws(engine({ ...remote, backend: "cpu" }), /submit --backend: expected none/);
    engine(remote)();
  });

  it("refuses addresses that hold a password, which scripts would show", () => {
    assert.equal(address("http://127.0.0.1:8000/v1"), "http://127.0.0.1:8000/v1");
    for (const wrong of ["http://b:c@a/v1", "http://a/v1?key=c", "http://a/#b", "ftp://a"])
      assert.throws(() => address(wrong), /Expected an address without a password/);
  });
});

describe("a prediction", () => {
  const signal = new AbortController().signal;
  const base = { shards: 4, model: "tiny", device: undefined, signal };

  it("counts what the model will read, and bounds what it may write", async () => {
    const task = tasks(arithmeticTask({ n: 10, size: 3 }));
    const thinking = [{ budget: 0 }, {}];
    const found = await predict(task, { ...base, epochs: 2, thinking, maxTokens: 50 });
    assert.deepEqual([found.sequences, found.shardSequences, found.replyLimit], [40, 12, 50]);
    const once = await predict(task, { ...base, maxTokens: 50 });
    assert.equal(found.prompt.tokens, 4 * once.prompt.tokens);
    const text = predictionReport(found, {});
    assert.match(text, /^Prediction: computed before anything runs, nothing of it measured\n/);
    assert.match(text, /40 replies: 10 samples, 2 arms, 2 epochs; 4 shards of up to 12\n/);
    assert.match(text, /answers {2}at most 2,000 tokens, the limit of 50 a reply/);
    assert.match(text, /time {5}name a --device/);
    assert.equal((await predict(task, base)).replyLimit, 150, "what the task brings along");
    const { generation: _, ...without } = task;
    assert.equal((await predict(without, base)).replyLimit, 256, "what the checkpoint says");
  });

  it("times batches on a device at its full speed, from a token a reply to all", async () => {
    const task = tasks(arithmeticTask({ n: 100, size: 3 }));
    const device = {
      ...{ name: "slow", source: "a test", date: "2026-11-30", memoryBytes: null, usdPerHour: 2 },
      ...{ bytesPerSecond: 1e6, flopsPerSecond: { f32: 1e15 } },
    };
    const found = await predict(task, { ...base, device, maxTokens: 40, atOnce: 5 });
    const promptTokens = Math.ceil(found.prompt.tokens / 100);
    const folder = inRepository("models/tiny");
    const seconds = (generatedTokens: number) =>
      5 *
      (whatIf({ promptTokens, generatedTokens }, { config: folder, device, batch: 5 }).whole
        .seconds ?? 0);
    assert.deepEqual(found.shardSeconds, { least: seconds(1), most: seconds(40) });
    const usd = (4 * 2 * seconds(40)) / 3600;
    assert.match(
      predictionReport(found, {}),
      new RegExp(` to \\$${usd.toFixed(2)} at \\$2\\.00 an hour`),
    );
    assert.match(
      predictionReport({ ...found, device: { ...device, usdPerHour: null } }, {}),
      /give --usd-per-hour/,
    );
    assert.doesNotMatch(predictionReport(found, {}), /bound of the prompts/);
    const bounded = { ...found, prompt: { ...found.prompt, isExact: false } };
    assert.match(
      predictionReport(bounded, {}),
      /2026-11-30\), with the bound of the prompts: with/,
    );
  });

  it("generates nothing where choices are compared, and reads a prompt for each", async () => {
    const found = await predict(tasks(clozeTask({ n: 6 })), base);
    assert.deepEqual([found.sequences, found.replyLimit, found.shardSequences], [24, 0, 8]);
    assert.match(predictionReport(found, {}), /24 choices read: .*\n.*\n {2}answers {2}none: /);
  });

  it("of a server bounds prompts by their bytes, and bills by a list", async () => {
    const samples = [{ question: "7+5=?", target: "12" }];
    const messages = ({ question }: { question: string }) => [{ role: "user", content: question }];
    const task = tasks({ name: "sums", samples, messages, scorer: exactMatch() });
    const asked = { ...base, model: null, shards: 1 };
    const found = await predict(task, { ...asked, maxTokens: 100 });
    assert.deepEqual(found.prompt, { sequences: 1, tokens: 5, isExact: false });
    const price = PRICES["deepseek-v3.2"];
    const { input, output } = price.perMillion;
    const most = (5 * input + 100 * output) / 1e6;
    assert.match(
      predictionReport(found, { price }),
      new RegExp(` to \\$${most.toFixed(7)} by the list DeepSeek-V3\\.2 API`),
    );
    const open = await predict(task, asked);
    assert.equal(open.replyLimit, null);
    assert.match(
      predictionReport(open, { price }),
      /no bound: .*give --max-tokens\n(.*\n)* {2}cost {5}no bound/,
    );
  });
});
