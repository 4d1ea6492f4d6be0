import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { loadRun, verifyRecord } from "../../engine/index.node.ts";

const fixture = (name: string): string =>
  fileURLToPath(new URL(`../fixtures/records/${name}`, import.meta.url));

test("records of version 1 are read: a run with an edit, measured", async (t) => {
  const folder = fixture("run-v1");
  assert.equal((await verifyRecord(folder)).kind, "run");
  const run = await loadRun(folder);
  t.after(() => run.dispose());
  assert.deepEqual(
    run.tokens.map(({ id }) => id),
    [5, 9, 21, 9, 33, 64],
  );
  assert.deepEqual(run.edits[0]?.positions, [2, 3]);
  assert.equal((await run.get("blocks.1.hook_resid_post")).shape.join(), "6,64");
  // this version kept no entropy of queries: all keys are looked at
  const { means, metrics } = await run.headMetrics({ layer: 0 });
  const { weights } = await run.attentionTile({ layer: 0, head: 1 });
  const [bits, distance] = [0, 0].map((_, which) =>
    weights.reduce((sum, weight, i) => {
      const [query, key] = [Math.floor(i / 6), i % 6];
      if (weight === 0) return sum;
      return sum + (weight * (which === 0 ? -Math.log2(weight) : query - key)) / 6;
    }, 0),
  );
  const meanOf = (metric: (typeof metrics)[number]) =>
    means[metrics.length + metrics.indexOf(metric)] ?? Number.NaN;
  assert.ok(Math.abs(meanOf("entropy") - (bits ?? 0)) < 1e-5);
  assert.ok(Math.abs(meanOf("distance") - (distance ?? 0)) < 1e-5);
  for (let row = 0; row < 6; row++) {
    const sum = weights.subarray(6 * row, 6 * row + 6).reduce((a, b) => a + b, 0);
    assert.ok(Math.abs(sum - 1) < 1e-5, `row ${row} sums to ${sum}`);
  }
  assert.equal((await run.routing({ choices: true })).layers.length, 2);
  assert.ok(run.profile().length > 10);
  assert.ok(run.profileTrace().traceEvents.length > 10);
});

test("records of version 1 are read: a generation of latent attention", async (t) => {
  const run = await loadRun(fixture("generation-v1"));
  t.after(() => run.dispose());
  const phases = run.tokens.map(({ phase }) => phase);
  assert.deepEqual(phases, [...Array(3).fill("prompt"), ...Array(4).fill("generated")]);
  assert.ok(run.cost().tokens.every(({ flops }) => flops > 0));
  const { data } = await run.get("hook_logits", { token: 6 });
  assert.equal(data.length, run.model.spec.nVocab);
});
