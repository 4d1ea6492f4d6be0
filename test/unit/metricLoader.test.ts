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
      headsByLayer: Array(nLayers).fill(N_HEADS),
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

test("pictures that were saved with fewer metrics show those", async () => {
  const five = (head: number) => [0, 1, 2, 3, 4].map((metric) => 10 * head + metric);
  const widened = (head: number) => [...five(head), Number.NaN, Number.NaN];
  const ask = () => Promise.reject(new Error("all are there"));
  const known = Float32Array.from([0, 1, 2, 3].flatMap(five));
  const whole = createMetricLoader({ headsByLayer: [2, 2], known, ask, onArrival() {} });
  assert.deepEqual([...whole.values], [0, 1, 2, 3].flatMap(widened));
  const values = await new Promise<Float32Array>((resolve) => {
    const layers = [[0, 1], [2]];
    const loader = createMetricLoader({
      headsByLayer: [2, 1],
      known: new Float32Array(0),
      ask: async (layer) => ({
        buffers: [Float32Array.from((layers[layer] ?? []).flatMap(five)).buffer],
      }),
      onArrival: () => loader.nKnown === 2 && resolve(loader.values),
    });
    loader.start();
  });
  assert.deepEqual([...values], [...[0, 1, 2].flatMap(widened), ...Array(7).fill(Number.NaN)]);
});
