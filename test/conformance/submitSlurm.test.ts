import assert from "node:assert/strict";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { inRepository } from "../../scripts/build/repository.ts";
import { needsSlurm } from "../fixtures/needsSlurm.ts";
import { type SlurmCluster, slurmCluster } from "../fixtures/slurmCluster.ts";
import { temporaryFolder } from "../fixtures/temporaryFolder.ts";
import { until } from "../fixtures/until.ts";
import { evaluationBytes, startVitrine } from "../fixtures/vitrineCommand.ts";

const TASK = `
  import { arithmeticTask } from "vitrine";
  export default arithmeticTask({ n: 48 });`;
const ASKED = [
  ...["task.ts", "--model", "tiny", "--backend", "cpu", "--threads", "1"],
  ...["--thinking", "0,free", "--temperature", "0.7"],
];
const SHARDS = 3;

interface ArrayTask {
  readonly shard: string;
  /** "" while it waits. */
  readonly node: string;
  readonly state: string;
}

/** The tasks of an array, asked at most five times a second. */
async function tasksOf(cluster: SlurmCluster, id: string): Promise<ArrayTask[]> {
  await sleep(200);
  const args = ["--noheader", "--array", "--states=all", "--job", id, "--format=%K|%N|%T"];
  const lines = (await cluster.run("squeue", ...args)).trim().split("\n");
  return lines.map((line) => {
    const [shard = "", node = "", state = ""] = line.split("|");
    return { shard, node, state };
  });
}

/** Names of what a folder holds; none where it is not there. */
const namesIn = (...path: string[]) => readdir(join(...path)).catch((): string[] => []);

test(
  "a shard of a node that is lost goes on at another, to the same bytes",
  needsSlurm,
  async (t) => {
    const startMs = performance.now();
    const folder = join(await temporaryFolder(t), "my work"); // sbatch reads paths from comments
    await mkdir(folder);
    await writeFile(join(folder, "task.ts"), TASK);
    const cluster = await slurmCluster(t);
    const vitrine = (...args: string[]) => startVitrine(folder, args, cluster.env).ended;
    const submit = [
      "submit",
      "slurm",
      ...ASKED,
      "--at-once",
      "1",
      "--shards",
      String(SHARDS),
      "--out",
      "runs/sums",
    ];
    const refused = await vitrine(...submit, "--partition", "nowhere");
    assert.equal(refused.code, 1);
    assert.match(
      refused.error,
      /expected sbatch to take .*job\.sh, got exit code 1: .*invalid parti/is,
    );
    const limits = ["--array-limit", "2", "--time", "00:10:00", "--partition", "main"];
    const submitted = await vitrine(...submit, ...limits);
    assert.equal(submitted.code, 0, submitted.error);
    assert.match(submitted.error, /^Prediction: computed before anything runs/);
    const [, id = ""] = /^Submitted job (\d+): squeue --job \1\n/.exec(submitted.out) ?? [];
    assert.notEqual(id, "", submitted.out);
    const shards = join(folder, "runs/sums/shards");
    // The first shard that has kept something and goes on: its node's power is cut.
    let lost: ArrayTask | undefined;
    await until("a shard in its middle", async () => {
      for (const task of await tasksOf(cluster, id)) {
        const isRunning = task.state === "RUNNING" && task.node !== "";
        if (isRunning && (await namesIn(shards, task.shard, "log")).length > 0) lost ??= task;
      }
      return lost !== undefined;
    });
    const { shard, node } = lost as ArrayTask;
    await cluster.kill(node as "one" | "two");
    assert.ok(!(await namesIn(shards, shard)).includes("results.json"), "it was in its middle");
    const secondsTo = () => `${((performance.now() - startMs) / 1000).toFixed(0)} s`;
    t.diagnostic(`node ${node} was killed after ${secondsTo()}`);
    let tasks: readonly ArrayTask[] = [];
    await until("all tasks finished", async () => {
      tasks = await tasksOf(cluster, id);
      return tasks.length === SHARDS && tasks.every(({ state }) => state === "COMPLETED");
    });
    t.diagnostic(`all shards were finished after ${secondsTo()}`);
    const other = node === "one" ? "two" : "one";
    assert.equal(tasks.find((task) => task.shard === shard)?.node, other);
    const logs = await namesIn(shards, shard, "log");
    assert.equal(logs.length, 2, "of the process that was lost, and of that which went on");
    const printed = await readFile(join(folder, "runs/sums/slurm", `${shard}.log`), "utf8");
    assert.match(printed, /Evaluation of tiny on arithmetic/);
    const [, merge = ""] = /^When it has ended: vitrine (.*)$/m.exec(submitted.out) ?? [];
    assert.match(merge, /^merge '.*\/runs\/sums\/shards'\/\* --out '.*\/runs\/sums'$/);
    await cluster.run(
      "sh",
      "-c",
      `'${process.execPath}' '${inRepository("bin/vitrine.mjs")}' ${merge}`,
    );
    // the manifest says how many replies were asked for together: of both the same
    const whole = await vitrine("evaluate", ...ASKED, "--at-once", "1", "--out", "whole");
    assert.equal(whole.code, 0, whole.error);
    assert.deepEqual(
      await evaluationBytes(join(folder, "runs/sums")),
      await evaluationBytes(join(folder, "whole")),
    );
    t.diagnostic(`${secondsTo()} in all, with a cluster of its own`);
  },
);
