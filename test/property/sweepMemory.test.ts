import assert from "node:assert/strict";
import { test } from "node:test";
import type { Backend } from "../../engine/backend/backend.ts";
import { createModel } from "../../engine/createModel.ts";
import { logitDifference, type Model, patch } from "../../engine/index.node.ts";
import { openCheckpoint } from "../../engine/weights/openCheckpoint.node.ts";
import { inRepository } from "../../scripts/build/repository.ts";
import { lendBackend } from "../golden/lendBackend.ts";

/** Bytes that a sweep of two layers by some positions holds at most, above what was held before. */
async function sweepBytes(model: Model, backend: Backend, nTokens: number, nPositions: number) {
  const ids = Array.from({ length: nTokens }, (_, i) => 10 + ((i * 37) % 900));
  const source = await model.run(
    ids.map((id, i) => (i === 2 ? 5 : id)),
    { capture: "blocks.*.hook_resid_pre" },
  );
  const held = backend.memory.bytes;
  let most = held;
  const { alloc } = backend;
  backend.alloc = (...args) => {
    const made = alloc.apply(backend, args);
    most = Math.max(most, backend.memory.bytes);
    return made;
  };
  const { effects } = await model.sweep(ids, {
    grid: {
      site: "blocks.{layer}.hook_resid_pre",
      over: ["layer", "position"],
      layers: [1, 4],
      positions: Array.from({ length: nPositions }, (_, i) => 3 * i + 1),
    },
    edit: ({ site, position }) => patch(site, source, { from: [position], to: [position] }),
    metric: logitDifference(7, 9),
  });
  backend.alloc = alloc;
  assert.deepEqual([...effects.shape], [2, nPositions]);
  assert.equal(backend.memory.bytes, held, "nothing of a sweep stays");
  source.dispose();
  return most - held;
}

test("a sweep holds no more for more cells, and at most in proportion to its tokens", async () => {
  const backend = await lendBackend("cpu");
  const checkpoint = await openCheckpoint(inRepository("models/tiny"));
  const model = await createModel(checkpoint, { tokenizer: null, backend });
  await checkpoint.close();
  const short = await sweepBytes(model, backend, 30, 3);
  assert.ok(short > 0);
  assert.equal(await sweepBytes(model, backend, 30, 9), short);
  for (const times of [2, 8]) {
    const long = await sweepBytes(model, backend, 30 * times, 3);
    assert.ok(long > short && long <= 1.1 * times * short, `${long} beside ${times} x ${short}`);
  }
  model.dispose();
});
