import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { temporaryFolder } from "../fixtures/temporaryFolder.ts";
import { startVitrine } from "../fixtures/vitrineCommand.ts";

async function run(t: TestContext, ...args: string[]) {
  return startVitrine(await temporaryFolder(t), ["submit", ...args]).ended;
}

const ASKED = ["arithmetic", "--model", "tiny", "--shards", "4"];

test("prints the script alone on stdout, the prediction beside it", async (t) => {
  const { code, out, error } = await run(t, "slurm", ...ASKED, "--out", "runs/a", "--dry-run");
  assert.equal(code, 0, error);
  assert.match(out, /^#!\/bin\/bash\n#SBATCH --job-name=vitrine-arithmetic\n#SBATCH --array=1-4\n/);
  assert.match(error, /^Prediction: .*\n {2}replies {2}100 replies/);
});

test("submits nothing to Kubernetes, and says who does", async (t) => {
  const kubernetes = ["kubernetes", ...ASKED, "--image", "v", "--claim", "runs"];
  const without = await run(t, ...kubernetes, "--out", "/runs/a");
  assert.equal(without.code, 2);
  assert.match(without.error, /expected --dry-run.*\| kubectl apply -f -\n$/s);
  const { code, out } = await run(t, ...kubernetes, "--out", "/runs/a", "--dry-run");
  assert.equal(code, 0);
  assert.equal(JSON.parse(out).spec.completions, 4);
  const relative = await run(t, ...kubernetes, "--out", "runs/a", "--dry-run");
  assert.match(relative.error, /--out: expected a path in the pod/);
  const elsewhere = kubernetes.map((word) => (word === "arithmetic" ? "/runs/t.ts" : word));
  const blind = await run(t, ...elsewhere, "--out", "/runs/a", "--dry-run");
  assert.equal(blind.code, 0);
  assert.match(blind.error, /^Prediction: none, as \/runs\/t\.ts is not on this machine\n$/);
});

test("hands workers the address of a store, and refuses one that it does not know", async (t) => {
  const slurm = ["slurm", ...ASKED];
  const store = await run(t, ...slurm, "--out", "s3://bucket/runs", "--dry-run");
  assert.equal(store.code, 0, store.error);
  assert.match(store.out, /--out s3:\/\/bucket\/runs\/shards\/"\$shard"\n$/);
  assert.match(store.out, /^#SBATCH --output=\/.*\/vitrine-arithmetic\/slurm\/%a\.log$/m);
  const other = await run(t, ...slurm, "--out", "gs://bucket/runs", "--dry-run");
  assert.equal(other.code, 2);
  assert.match(other.error, /got "gs:\/\/bucket\/runs"\. Write s3:\/\/ where/);
  const kubernetes = ["kubernetes", ...ASKED, "--image", "v", "--dry-run", "--out"];
  const job = await run(t, ...kubernetes, "s3://bucket/runs", "--secret", "store");
  assert.equal(job.code, 0, job.error);
  assert.match(job.out, /--out s3:\/\/bucket\/runs\/shards\//);
  const claimed = await run(t, ...kubernetes, "s3://bucket/runs", "--claim", "runs");
  assert.match(claimed.error, /--claim: expected none, as shards go to s3:/);
  assert.match((await run(t, ...kubernetes, "/runs")).error, /expected --claim, a Persistent/);
});

test("refuses shards without a sample", async (t) => {
  const many = ["slurm", "arithmetic", "--model", "tiny", "--shards", "101"];
  const tooMany = await run(t, ...many, "--out", "runs/a", "--dry-run");
  assert.equal(tooMany.code, 2);
  assert.match(tooMany.error, /--shards: expected at most the 100 samples of the task, got 101/);
});

test("says its own name where there is no such task", async (t) => {
  const slurm = ["slurm", "sums", "--model", "tiny", "--shards", "2", "--out", "runs/a"];
  const { code, error } = await run(t, ...slurm, "--dry-run");
  assert.equal(code, 2);
  assert.match(error, /submit slurm: expected arithmetic, recall, cloze or a file, got "sums"/);
});

test("names what keeps scripts and shards from being written", async (t) => {
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, "file"), "");
  for (const cluster of [["slurm"], ["ray", "--address", "http://127.0.0.1:9"]]) {
    const [name = "", ...more] = cluster;
    const args = ["submit", name, ...ASKED, ...more, "--out", "file"];
    const { code, error } = await startVitrine(folder, args).ended;
    assert.equal(code, 1, error);
    const message = new RegExp(
      `submit ${name}: expected a folder that can be written, got .*file.*: a part of the path is no folder \\(E.*\\)\\. Name another folder, or choose another --out\\.`,
    );
    assert.match(error, message);
  }
});

test("takes what starts vitrine in quotes, as a shell has them", async (t) => {
  const words = "node '/opt/my vitrine/bin.mjs'";
  const slurm = ["slurm", ...ASKED, "--out", "runs/a", "--dry-run", "--vitrine"];
  const { code, out } = await run(t, ...slurm, words);
  assert.equal(code, 0);
  assert.match(out, /\nexec node '\/opt\/my vitrine\/bin\.mjs' \\\n/);
  const expanded = await run(t, ...slurm, "$HOME/vitrine");
  assert.equal(expanded.code, 2);
  assert.match(expanded.error, /Expected words alone, got "\$"/);
});

test("names what is missing where there is no Slurm and no Ray", async (t) => {
  const folder = await temporaryFolder(t);
  const args = ["submit", "slurm", ...ASKED, "--out", "runs/a"];
  const alone = await startVitrine(folder, args, { ...process.env, PATH: folder }).ended;
  assert.equal(alone.code, 2, alone.error);
  assert.match(
    alone.error,
    /expected the command sbatch here, got none\. Submit from a login node/,
  );
  const address = ["--address", "http://127.0.0.1:9"];
  const away = await run(t, "ray", ...ASKED, "--out", "runs/a", ...address);
  assert.equal(away.code, 1);
  assert.match(away.error, /expected Ray's dashboard at http:\/\/127\.0\.0\.1:9, got no answer/);
});
