import assert from "node:assert/strict";
import { test } from "node:test";
import { axes, marksOf, placeOn, spread } from "../../widgets/render/chart/axes.ts";
import { lineChart } from "../../widgets/render/chart/lineChart.ts";
import { svg, svgMarkup } from "../../widgets/render/chart/svgNode.ts";
import { toneRules } from "../../widgets/render/chart/tones.ts";

test("text and attributes of a picture are escaped where it is written out", () => {
  const node = svg("g", { class: 'a"b' }, svg("text", { x: 1 }, "<script>&"));
  assert.equal(svgMarkup(node), '<g class="a&quot;b"><text x="1">&lt;script&gt;&amp;</text></g>');
});

test("marks of a logarithmic axis are powers of ten, of a linear one round numbers within it", () => {
  const log = { label: "", domain: [0.02, 4e5], isLog: true, format: String } as const;
  assert.deepEqual(marksOf(log), [0.1, 10, 1000, 100000]);
  assert.deepEqual(marksOf({ ...log, domain: [3, 8] }), [3, 4, 5, 6, 7, 8]);
  assert.deepEqual(marksOf({ label: "", domain: [0, 3], format: String, nTicks: 3 }), [0, 1, 2, 3]);
  const whole = { label: "", domain: [0, 1], format: String, isWhole: true } as const;
  assert.deepEqual(marksOf(whole), [0, 1], "there is no half a token");
  assert.deepEqual(marksOf({ ...whole, marks: [0.5] }), [0.5]);
});

test("an axis places its ends at the ends of the plot, and decades as far apart", () => {
  const place = placeOn({ label: "", domain: [1, 1000], isLog: true, format: String }, 100, 400);
  assert.deepEqual(
    [1, 10, 100, 1000].map((v) => Math.round(place(v))),
    [100, 200, 300, 400],
  );
  const drawn = svgMarkup(
    axes(
      { left: 10, top: 10, right: 110, bottom: 60 },
      { label: "tokens", domain: [0, 10], format: (v) => `${v}t` },
      { label: "bytes", domain: [0, 4], format: (v) => `${v}B`, nTicks: 2 },
    ),
  );
  for (const text of ["tokens", "bytes", "10t", "4B", "0B"])
    assert.ok(drawn.includes(`>${text}<`), text);
});

test("labels that would lie on each other are moved apart and keep their order", () => {
  assert.deepEqual(spread([50, 51, 10], 15, 0, 100), [50, 65, 10]);
  assert.deepEqual(spread([99, 98, 97], 15, 0, 100), [100, 85, 70]);
  assert.deepEqual(spread([], 15, 0, 100), []);
});

test("lines end where their numbers say, bands lie between theirs, and names stand at the ends", () => {
  const { node, x, y, plot } = lineChart({
    width: 400,
    height: 200,
    x: { label: "x", domain: [0, 4], format: String },
    y: { label: "y", domain: [0, 1], format: String },
    lines: [
      {
        label: "one",
        tone: "blue0",
        points: [
          [0, 0],
          [4, 1],
        ],
        hasDots: true,
      },
      { label: "two", detail: "second", tone: "rose0", isDashed: true, points: [[0, 1]] },
      { label: "none", tone: "grey0", points: [] },
    ],
    bands: [
      {
        tone: "blue0",
        points: [
          [0, 0.25, 0.5],
          [4, 0.5, 1],
        ],
      },
    ],
    intervals: [{ tone: "blue0", x: 4, low: 0.5, high: 1 }],
  });
  assert.deepEqual([x(0), x(4), y(0), y(1)], [plot.left, plot.right, plot.bottom, plot.top]);
  const drawn = svgMarkup(node);
  assert.ok(drawn.includes(`M${plot.left} ${plot.bottom}L${plot.right} ${plot.top}"`), "the line");
  assert.ok(
    drawn.includes(
      `M${plot.left} ${y(0.5)}L${plot.right} ${plot.top}L${plot.right} ${y(0.5)}L${plot.left} ${y(0.25)}Z`,
    ),
    "the band",
  );
  assert.equal(drawn.match(/<circle/g)?.length, 2);
  for (const name of ["one", "two", "second"]) assert.ok(drawn.includes(`>${name}<`), name);
  assert.ok(!drawn.includes(">none<"), "a line without points has no name");
});

test("every tone has a colour of its own on either ground", () => {
  for (const theme of ["light", "dark"] as const) {
    const colours = [...toneRules(theme).matchAll(/color:(#\w{6})/g)].map(([, colour]) => colour);
    assert.equal(colours.length, 12);
    assert.equal(new Set(colours).size, colours.length);
  }
});
