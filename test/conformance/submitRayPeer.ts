/**
 * Submits to a Ray that runs, on this machine: RAY_ADDRESS=http://127.0.0.1:8265 npm run test:ray, after `ray start --head`. It is none of the
 * suite: Ray takes half a gigabyte of disk and half a minute to start. What it answers is recorded for the suite in
 * test/fixtures/submit/rayAnswers.json.
 */
import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryFolder } from "../fixtures/temporaryFolder.ts";
import { until } from "../fixtures/until.ts";
import { evaluationBytes, startVitrine } from "../fixtures/vitrineCommand.ts";

const ASKED = [
  ...["arithmetic", "--model", "tiny", "--backend", "cpu", "--threads", "1"],
  ...["--thinking", "0,free", "--at-once", "1", "--temperature", "0.7"],
];

test("a shard whose job fails is submitted again, and goes on to the same bytes", async (t) => {
  const startMs = performance.now();
  const folder = await temporaryFolder(t);
  const address = process.env.RAY_ADDRESS;
  assert.ok(
    address,
    "expected the address of Ray's dashboard in RAY_ADDRESS, got none. Start Ray.",
  );
  const asked = [...ASKED, "--shards", "3", "--out", "runs/sums", "--address", address];
  const submitted = startVitrine(folder, ["submit", "ray", ...asked]);
  const shards = join(folder, "runs/sums/shards");
  let worker = 0;
  let early: string | null = null;
  void submitted.ended.then(({ error }) => (early = error));
  await until("a shard in its middle", async () => {
    assert.equal(early, null, "the command ended before a worker was killed");
    const [log = ""] = await readdir(join(shards, "1", "log")).catch(() => []);
    worker = Number(/-(\d+)-[0-9a-f]+\.jsonl$/.exec(log)?.[1] ?? 0); // logs have their process's number
    return worker > 0;
  });
  process.kill(worker, "SIGKILL");
  const { code, out, error } = await submitted.ended;
  assert.equal(code, 0, `${error}\n${out}`);
  assert.match(out, /^Submitted 3 jobs: vitrine-arithmetic-[0-9a-f]{8}-1, /);
  assert.match(out, /^shard 1: FAILED .*\nshard 1: submitted again \(\S+-1-try2\)$/m);
  assert.match(out, /^All shards are finished: vitrine merge \S+\/shards\/\* --out \S+$/m);
  assert.equal((await readdir(join(shards, "1", "log"))).length, 2);
  const parts = (await readdir(shards)).map((name) => join(shards, name));
  const vitrine = (...args: string[]) => startVitrine(folder, args).ended;
  const merged = await vitrine("merge", ...parts, "--out", "runs/sums");
  assert.equal(merged.code, 0, merged.error);
  const whole = await vitrine("evaluate", ...ASKED, "--out", "whole");
  assert.equal(whole.code, 0, whole.error);
  assert.deepEqual(
    await evaluationBytes(join(folder, "runs/sums")),
    await evaluationBytes(join(folder, "whole")),
  );
  const wrong = [...ASKED, "--shards", "1", "--out", "runs/wrong", "--address", address];
  const failed = await vitrine("submit", "ray", ...wrong, "--vitrine", "vitrine-is-not-here");
  assert.equal(failed.code, 1);
  assert.match(failed.error, /got 1 that failed\..*\nshard 1 FAILED: .*vitrine-is-not-here/s);
  t.diagnostic(`${((performance.now() - startMs) / 1000).toFixed(0)} s`);
});
