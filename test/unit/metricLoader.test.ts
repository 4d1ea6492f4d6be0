import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { METRICS } from "../../widgets/attention/data.ts";
import { createMetricLoader } from "../../widgets/attention/metricLoader.ts";

const N_HEADS = 3;

/** Loads layers that each take so long by a clock of the test's own, and says how they were asked for and how often they were shown. */
async function loading(t: TestContext, nLayers: number, layerMs: number) {
  let now = 0;
  t.mock.method(performance, "now", () => now);
  let atOnce = 0;
  let mostAtOnce = 0;
  let nShown = 0;
  const asked: number[] = [];
  const values = await new Promise<Float32Array>((resolve) => {
    const loader = createMetricLoader({
      nLayers,
      nHeads: N_HEADS,
      known: new Float32Array(0),
      async ask(layer) {
        asked.push(layer);
        mostAtOnce = Math.max(mostAtOnce, ++atOnce);
        const end = now + layerMs;
        await nextTurn();
        now = Math.max(now, end);
        atOnce -= 1;
        return { buffers: [new Float32Array(N_HEADS * METRICS.length).fill(layer).buffer] };
      },
      onArrival() {
        nShown += 1;
        if (loader.progress(1, 1)[0] === null) resolve(loader.values);
      },
    });
    loader.start();
  });
  const perLayer = N_HEADS * METRICS.length;
  assert.deepEqual(
    asked,
    Array.from({ length: nLayers }, (_, layer) => layer),
  );
  for (const [i, value] of values.entries()) assert.equal(value, Math.floor(i / perLayer));
  return { mostAtOnce, nShown };
}

test("layers that come quickly are asked for together, and shown a few times, not each", async (t) => {
  const { mostAtOnce, nShown } = await loading(t, 61, 30);
  assert.equal(mostAtOnce, 8);
  assert.equal(nShown, 3, "the first, after 200 ms, and all");
});

test("a layer that takes long is asked for alone, so that other questions come in between", async (t) => {
  const { mostAtOnce } = await loading(t, 3, 80);
  assert.equal(mostAtOnce, 1);
});
