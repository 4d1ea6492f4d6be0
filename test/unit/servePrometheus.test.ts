import assert from "node:assert/strict";
import { test } from "node:test";
import { Counter, Gauge, Histogram } from "../../serve/prometheus.ts";

test("counters, gauges and histograms are written as Prometheus reads them", () => {
  const counter = new Counter("b_total", "By\nname.");
  counter.inc({ name: 'a"\\\n', status: 200 });
  counter.inc({ name: "b", status: 200 }, 3);
  counter.inc({ name: "b", status: 200 });
  assert.deepEqual(counter.lines(), [
    "# HELP b_total By\\nname.",
    "# TYPE b_total counter",
    'b_total{name="a\\"\\\\\\n",status="200"} 1',
    'b_total{name="b",status="200"} 4',
  ]);
  assert.deepEqual(new Gauge("c", "Now.", () => 2.5).lines().slice(1), ["# TYPE c gauge", "c 2.5"]);
  const histogram = new Histogram("d_seconds", "Times.", [0.5, 1]);
  for (const value of [0.5, 0.25, 0.75, 4]) histogram.observe(value, { of: "x" });
  assert.deepEqual(histogram.lines(), [
    "# HELP d_seconds Times.",
    "# TYPE d_seconds histogram",
    'd_seconds_bucket{of="x",le="0.5"} 2',
    'd_seconds_bucket{of="x",le="1"} 3',
    'd_seconds_bucket{of="x",le="+Inf"} 4',
    'd_seconds_sum{of="x"} 5.5',
    'd_seconds_count{of="x"} 4',
  ]);
});
