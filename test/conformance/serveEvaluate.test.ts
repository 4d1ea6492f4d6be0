import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { arithmeticTask, evaluate, remoteModel } from "../../engine/index.node.ts";
import { serveTiny } from "../fixtures/serve/servedModel.ts";
import { temporaryFolder } from "../fixtures/temporaryFolder.ts";
import { startVitrine } from "../fixtures/vitrineCommand.ts";

const SUMS = arithmeticTask({ n: 12, size: 3 });
const ASKED = { temperature: 0.7, seed: 2, maxTokens: 60 };

test("a model behind this server is judged as the model itself, sample by sample", async (t) => {
  const { model, url } = await serveTiny(t);
  const here = await evaluate(model, SUMS, ASKED);
  const remote = remoteModel({ baseUrl: `${url}/v1`, model: "tiny" });
  const served = await evaluate(remote, SUMS, { ...ASKED, topLogprobs: 0, atOnce: 3 });
  const told = (rows: typeof here.samples) =>
    rows.map(({ sample, outcome, reply, reasoning, seed, finishReason, promptTokens }) => {
      return { sample, outcome, reply, reasoning, seed, finishReason, promptTokens };
    });
  assert.deepEqual(told(served.samples), told(here.samples));
  assert.deepEqual(served.metrics, here.metrics);
  assert.ok(served.samples.every(({ logprob }) => logprob !== null && logprob <= 0));
});

test("vitrine evaluate --remote asks a server, in shards that merge", async (t) => {
  const { url } = await serveTiny(t);
  const folder = await temporaryFolder(t);
  const task = `
    import { arithmeticTask } from "vitrine";
    export default arithmeticTask({ n: 6, size: 3 });`;
  await writeFile(join(folder, "task.ts"), task);
  const run = (...args: string[]) => startVitrine(folder, args).ended;
  const asked = [
    "task.ts",
    "--remote",
    `${url}/v1`,
    "--remote-model",
    "tiny",
    "--temperature",
    "0",
  ];
  for (const i of [1, 2]) {
    const part = await run("evaluate", ...asked, "--shard", `${i}/2`, "--out", `part${i}`);
    assert.equal(part.code, 0, part.error);
  }
  const merged = await run("merge", "part1", "part2", "--json");
  assert.equal(merged.code, 0, merged.error);
  const { about, metrics } = JSON.parse(merged.out);
  assert.deepEqual([about.model, about.backend], ["tiny", `server ${url}/v1`]);
  assert.equal(metrics[0].n, 6);
  const refused = await run("evaluate", ...asked, "--thinking", "0,free");
  assert.equal(refused.code, 1);
  assert.match(
    refused.error,
    /evaluate thinking budget 0: expected a model that runs here, got tiny at/,
  );
});
