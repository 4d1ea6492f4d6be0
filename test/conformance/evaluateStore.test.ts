import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { s3Server, type Trouble } from "../fixtures/s3Server.ts";
import { temporaryFolder } from "../fixtures/temporaryFolder.ts";
import { until } from "../fixtures/until.ts";
import { evaluationBytes, startVitrine } from "../fixtures/vitrineCommand.ts";

type Server = Awaited<ReturnType<typeof s3Server>>;

const ASKED = [
  ...["arithmetic", "--model", "tiny", "--backend", "cpu", "--threads", "1"],
  ...["--thinking", "0", "--at-once", "1", "--max-tokens", "20"],
];

async function started(t: TestContext) {
  const server = await s3Server();
  t.after(server.close);
  const folder = await temporaryFolder(t);
  const start = (machine: string, args: readonly string[], environment: object = {}) =>
    startVitrine(folder, args, {
      ...process.env,
      ...server.environment,
      XDG_CACHE_HOME: join(folder, machine),
      ...environment,
    });
  const run = (machine: string, ...args: string[]) => start(machine, args).ended;
  return { server, folder, start, run };
}

const keysBelow = ({ objects }: Server, prefix: string): string[] =>
  [...objects.keys()].filter((key) => key.startsWith(prefix));

/** Has everything go wrong there once a part of a log has come, so that no worker can end before. */
function afterFirstSegment(server: Server, prefix: string, trouble: Trouble) {
  const segment = { isThere: false };
  server.state.trouble = ({ method, key }) => {
    if (!key.startsWith(prefix)) return null;
    if (keysBelow(server, `${prefix}log/`).length === 0) return null;
    segment.isThere = true;
    return method === "PUT" ? trouble : null;
  };
  return segment;
}

const shard = (i: number): string[] => [
  ...["evaluate", ...ASKED, "--shard", `${i}/3`, "--out", `s3://bucket/sums/shards/${i}`],
];

test("shards in a store are taken over by another machine, and merge to the bytes of one", async (t) => {
  const { server, folder, start, run } = await started(t);
  const whole = await run("a", "evaluate", ...ASKED, "--out", "whole");
  assert.equal(whole.code, 0, whole.error);
  const { child, ended } = start("a", shard(2));
  const segment = afterFirstSegment(server, "sums/shards/2/", "silence");
  await until(
    "a segment of its log in the store",
    () => child.exitCode !== null || segment.isThere,
  );
  child.kill("SIGKILL");
  assert.equal((await ended).code, null, "it was killed before its end");
  server.state.trouble = () => null;
  const unfinished = await run("a", "merge", "s3://bucket/sums/shards/2");
  assert.equal(unfinished.code, 1);
  assert.match(
    unfinished.error,
    /shards\/2: expected an evaluation that is whole, with complete\.json, got one that was begun\. Evaluate that shard/,
  );

  const before = keysBelow(server, "sums/shards/2/log/");
  const [first, second, twin, third] = await Promise.all([
    run("a", ...shard(1)),
    run("b", ...shard(2)), // another machine, which has none of the first one's files
    run("c", ...shard(2)),
    run("a", ...shard(3)),
  ]);
  for (const { code, error } of [first, second, twin, third]) assert.equal(code, 0, error);
  for (const key of before) {
    const name = key.slice("sums/shards/2/".length);
    const [cache] = await readdir(join(folder, "b", "vitrine", "evaluations"));
    const pulled = await readFile(join(folder, "b", "vitrine", "evaluations", cache ?? "", name));
    assert.deepEqual(pulled, server.objects.get(key)?.body, "the other machine went on from it");
  }
  const merged = await run("d", "merge", "s3://bucket/sums/shards/*", "--out", "merged");
  assert.equal(merged.code, 0, merged.error);
  const expected = await evaluationBytes(join(folder, "whole"));
  assert.deepEqual(await evaluationBytes(join(folder, "merged")), expected);
  const stored = await run("d", "merge", "s3://bucket/sums/shards/*", "--out", "s3://bucket/sums");
  assert.equal(stored.code, 0, stored.error);
  const names = ["manifest.json", "results.json", "samples.csv", "samples.parquet"];
  const bytes = names.map((name) => server.objects.get(`sums/${name}`)?.body.toString("hex"));
  assert.deepEqual(bytes, expected);
  assert.equal((await run("d", "merge", "s3://bucket/sums", "--json")).out.length > 0, true);

  const other = await run("e", ...shard(1), "--seed", "2");
  assert.equal(other.code, 1);
  assert.match(other.error, /with options\.seed 0, got 2/);
  const key = keysBelow(server, "sums/shards/1/log/")[0] ?? "";
  const kept = server.objects.get(key);
  server.objects.set(key, { body: Buffer.from("other bytes"), metadata: {} });
  const altered = await run("d", "merge", "s3://bucket/sums/shards/*");
  assert.equal(altered.code, 1);
  assert.match(
    altered.error,
    /shards\/1\/log\/.*expected the \d+ bytes with the sha256 .* got others/,
  );
  if (kept !== undefined) server.objects.set(key, kept);
});

test("a store that goes away is named, loses nothing that is here, and gets it later", async (t) => {
  const { server, folder, run } = await started(t);
  const out = ["--out", "s3://bucket/away", "--scratch", "scratch"];
  afterFirstSegment(server, "away/", { status: 503, code: "SlowDown" });
  const gone = await run("a", "evaluate", ...ASKED, ...out, "--store-patience", "1");
  assert.equal(gone.code, 1);
  assert.match(
    gone.error,
    /got 503 \(SlowDown.*It was asked \d+ times in 1 s: raise storePatienceMs \(--store-patience\)/,
  );
  assert.doesNotMatch(gone.error, /the secret of tests/);
  const logs = await readdir(join(folder, "scratch", "log"));
  const lines = async () => {
    const texts = logs.map((name) => readFile(join(folder, "scratch", "log", name), "utf8"));
    return (await Promise.all(texts)).join("").split("\n").length - 1;
  };
  assert.ok((await lines()) > 0);
  server.state.trouble = () => null;
  const last = await run("a", "evaluate", ...ASKED, ...out);
  assert.equal(last.code, 0, last.error);
  const whole = await run("a", "evaluate", ...ASKED, "--out", "whole");
  assert.equal(whole.code, 0, whole.error);
  const merged = await run("b", "merge", "s3://bucket/away", "--out", "merged");
  assert.equal(merged.code, 0, merged.error);
  assert.deepEqual(
    await evaluationBytes(join(folder, "merged")),
    await evaluationBytes(join(folder, "whole")),
  );
});

test("what a store refuses and what it needs is said", async (t) => {
  const { start, run } = await started(t);
  const out = ["--out", "s3://bucket/refused"];
  const asked = ["evaluate", ...ASKED];
  const wrong = await start("a", [...asked, ...out], { AWS_SECRET_ACCESS_KEY: "hidden" }).ended;
  assert.equal(wrong.code, 1);
  assert.match(wrong.error, /got 403 \(SignatureDoesNotMatch.*Correct AWS_SECRET_ACCESS_KEY/);
  assert.doesNotMatch(wrong.error, /hidden/);
  const nobody = await run("a", ...asked, "--out", "s3://nobody/x");
  assert.match(nobody.error, /got 404 \(NoSuchBucket.*Make the bucket/);
  const lacking = await start("a", [...asked, ...out], { AWS_ACCESS_KEY_ID: "" }).ended;
  assert.match(lacking.error, /got no AWS_ACCESS_KEY_ID\. Export what is missing/);
  const google = await run("a", ...asked, "--out", "gs://bucket/x");
  assert.match(
    google.error,
    /or s3:\/\/bucket\/prefix, got "gs:\/\/bucket\/x"\. Write s3:\/\/ where/,
  );
  const scratch = await run("a", ...asked, "--out", "here", "--scratch", "there");
  assert.equal(scratch.code, 2);
  assert.match(scratch.error, /--scratch: expected --out s3:\/\/bucket\/prefix beside it/);
  const verified = await run("a", "verify", "s3://bucket/refused");
  assert.match(verified.error, /aws s3 cp --recursive s3:\/\/bucket\/refused folder/);
});
