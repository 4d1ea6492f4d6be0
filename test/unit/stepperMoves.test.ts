import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { loadModel, type Model, type Stop } from "../../engine/index.node.ts";

let model: Model;
before(async () => {
  model = await loadModel("tiny", { backend: "cpu" });
});
after(() => model.dispose());

test("breakpoints are listed by their numbers, and listeners hear of them; one of runTo is not among them", async () => {
  const s = await model.step([1, 2, 3]);
  const heard: number[] = [];
  s.onMove(() => heard.push(s.breakpoints.size));
  const first = s.addBreakpoint("blocks.1.hook_resid_mid");
  const second = s.addBreakpoint({ operator: "route", layer: 2 });
  assert.deepEqual(
    [...s.breakpoints],
    [
      [first, { site: "blocks.1.hook_resid_mid" }],
      [second, { operator: "route", layer: 2 }],
    ],
  );
  s.removeBreakpoint(first);
  s.removeBreakpoint(first);
  assert.deepEqual(heard, [1, 2, 1]);
  await s.runTo("hook_embed");
  assert.deepEqual(heard, [1, 2, 1, 1]);
  s.dispose();
});

test("listeners hear of the end, once, when the stepper is disposed of", async () => {
  const s = await model.step([1, 2, 3]);
  await s.next("layer");
  const heard: Stop[] = [];
  s.onMove((stop) => heard.push(stop));
  s.dispose();
  s.dispose();
  assert.deepEqual(
    heard.map(({ reason, executed }) => [reason, executed, s.isOver]),
    [["end", 1, true]],
  );
});

test("a move that throws tells how far it came", async () => {
  const s = await model.step([1, 2, 3]);
  await s.next("layer");
  const heard: number[] = [];
  s.onMove(({ executed }) => heard.push(executed));
  const controller = new AbortController();
  const host = Symbol.for("vitrine.kernelHost");
  const shared = globalThis as Record<symbol, unknown>;
  shared[host] = { interruptSignal: controller.signal };
  try {
    s.addBreakpoint({
      site: "blocks.*.hook_resid_mid",
      when: () => {
        controller.abort();
        return false;
      },
    });
    await assert.rejects(s.run(), { code: "ERR_ABORTED" });
  } finally {
    delete shared[host];
  }
  assert.equal(heard.length, 2);
  assert.equal(heard[1], s.place.executed);
  assert.ok(s.place.executed > 1);
  s.dispose();
});
