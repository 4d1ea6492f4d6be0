import assert from "node:assert/strict";
import { test } from "node:test";
import { inflateSync } from "node:zlib";
import { toMimeBundle } from "../../kernel/display/bundle.ts";
import { encodePng } from "../../kernel/display/encodePng.ts";
import { installLightDom } from "../../kernel/display/lightDom.ts";
import { asNumericArray } from "../../kernel/display/numericArray.ts";
import { summarize } from "../../kernel/display/summarize.ts";
import fc from "../fixtures/fastCheck.ts";

const html = async (value: unknown): Promise<string> =>
  String((await toMimeBundle(value))["text/html"]);

test("an array of plain objects is a table, bounded, with text beside it", async () => {
  const bundle = await toMimeBundle([
    { name: "<b>", size: 1 },
    { name: "c", extra: [1, 2] },
  ]);
  assert.equal(
    bundle["text/plain"],
    "[ { name: '<b>', size: 1 }, { name: 'c', extra: [ 1, 2 ] } ]",
  );
  const table = String(bundle["text/html"]);
  assert.equal(table.match(/<tr>/g)?.length, 3);
  assert.match(table, /<td style="text-align:left">&lt;b&gt;<\/td><td style="text-align:right">1</);
  const long = await html(Array.from({ length: 1000 }, (_, id) => ({ id })));
  assert.equal(long.match(/<tr>/g)?.length, 51);
  assert.match(long, /950 more rows/);
  const row = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`c${index}`, index]));
  assert.match(await html([row]), /70 more columns/);
});

test("lists of anything but plain objects stay text", async () => {
  for (const value of [[], [1, 2], [{}], [{ a: 1 }, null], [new Date(0)], { a: 1 }, "x", null]) {
    assert.deepEqual(Object.keys(await toMimeBundle(value)), ["text/plain"]);
  }
});

test("an object is a table where it says so, not because its keys are called as a table's", async () => {
  const parts = { columns: [{ name: "size" }], rows: [{ size: 1 }] };
  assert.deepEqual(Object.keys(await toMimeBundle(parts)), ["text/plain"]);
  const said = (table: unknown) => html({ [Symbol.for("vitrine.table")]: table });
  assert.match(await said(parts), /<th[^>]*>size<\/th>/);
  assert.match(await said({ ...parts, rows: [] }), /<tbody><\/tbody>/);
  for (const other of [true, () => parts, { rows: parts.rows }, { ...parts, rows: [1] }])
    assert.equal(await said(other), "undefined");
});

test("a typed array is told by dtype, shape, range, mean and what is not finite", async () => {
  const bundle = await toMimeBundle(
    Float32Array.of(1, 2, Number.NaN, -4, Number.POSITIVE_INFINITY),
  );
  assert.equal(
    bundle["text/plain"],
    "float32 (5)  min -4  max 2  mean -0.333333  NaN 1  infinite 1\n[ 1, 2, NaN, -4, Infinity ]",
  );
  assert.match(String(bundle["text/html"]), /alt="histogram"/);
  const big = await toMimeBundle(BigInt64Array.of(3n, 5n));
  assert.equal(big["text/plain"], "bigint64 (2)  min 3  max 5  mean 4  NaN 0\n[ 3, 5 ]");
  const nothing = await toMimeBundle(new Uint8Array(0));
  assert.equal(nothing["text/plain"], "uint8 (0)");
  const missing = await toMimeBundle(Float64Array.of(Number.NaN));
  assert.match(String(missing["text/plain"]), /min none {2}max none {2}mean none {2}NaN 1/);
  assert.doesNotMatch(String(missing["text/html"]), /<img/);
  assert.match(String((await toMimeBundle(Buffer.from("ab")))["text/plain"]), /^<Buffer/);
});

test("anything with data, shape and dims is a tensor with a heatmap", async () => {
  const tensor = { data: new Float32Array(24).fill(2), shape: [2, 3, 4], dims: ["H", "T", "S"] };
  const bundle = await toMimeBundle(tensor);
  assert.match(String(bundle["text/plain"]), /^float32 \(H 2, T 3, S 4\) {2}min 2 {2}max 2/);
  assert.match(String(bundle["text/html"]), /alt="heatmap" width="48" height="36"/);
  assert.equal(asNumericArray({ data: new Float32Array(3), shape: [2, 2] }), null);
  assert.equal(asNumericArray({ data: [1, 2], shape: [2] }), null);
});

test("of more than two axes a slice is drawn, which is said and can be chosen", async () => {
  const data = Float32Array.from({ length: 2 * 3 * 4 * 5 }, (_, i) => i);
  const markup = await html({ data, shape: [2, 3, 4, 5], dims: ["L", "H", "T", "S"] });
  assert.match(markup, /slice <output>\[0, 0, :, :\]<\/output> of L 2 × H 3 /);
  assert.match(markup, /T down, S across/);
  const [, slices = ""] = /data-slices="([^"]+)"/.exec(markup) ?? [];
  const pictures = slices.split(" ");
  assert.equal(new Set(pictures).size, 6, "six slices on one scale, none alike");
  assert.ok(markup.includes(`src="data:image/png;base64,${pictures[0]}"`));
  assert.match(markup, /type="range" min="0" max="5"/);
  const last = pngPixels(pictures[5] ?? "");
  assert.deepEqual(last.at(-1), [178, 24, 43], "the largest element, in full colour");

  const flat = await html({ data, shape: [8, 15] });
  assert.doesNotMatch(flat, /<input/);
  const many = await html({ data: new Float32Array(5000 * 48 * 50), shape: [5000, 48, 50] });
  assert.match(many, /axis 1 down, axis 2 across; the first 56 of 5000 slices can be drawn here/);
  assert.match(many, /48 of 48 rows and 48 of 50 columns are drawn/);
});

/** RGB of every pixel of a PNG of ours. */
function pngPixels(base64: string): number[][] {
  const png = Buffer.from(base64, "base64");
  const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)];
  const rows = inflateSync(png.subarray(41, png.length - 16));
  return Array.from({ length: width * height }, (_, i) => {
    const at = Math.floor(i / width) * (1 + 4 * width) + 1 + 4 * (i % width);
    return [...rows.subarray(at, at + 3)];
  });
}

test("a text of several lines is shown as it is, one of a single line in quotes", async () => {
  assert.deepEqual(await toMimeBundle("a\n  'b'"), { "text/plain": "a\n  'b'" });
  assert.deepEqual(await toMimeBundle("a b"), { "text/plain": "'a b'" });
  const columns = "kind    size\na  <b>  12";
  const bundle = await toMimeBundle(columns);
  assert.equal(bundle["text/plain"], columns);
  assert.match(
    String(bundle["text/html"]),
    /white-space:pre;.*kind {4}size\na {2}&lt;b&gt; {2}12</s,
  );
});

test("the summary is that of the finite elements, whatever the numbers", () => {
  const elements = fc.array(
    fc.oneof(
      fc.double({ noNaN: true, min: -1e9, max: 1e9 }), // most of them are next to nothing
      fc.integer({ min: -1000, max: 1000 }),
      fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
    ),
  );
  fc.assert(
    fc.property(elements, (values) => {
      const array = asNumericArray(Float64Array.from(values));
      assert.ok(array);
      const finite = values.filter(Number.isFinite);
      const told = summarize(array);
      assert.equal(told.nanCount, values.filter(Number.isNaN).length);
      assert.equal(told.min === null, finite.length === 0);
      if (told.min === null || told.max === null || told.mean === null) return;
      assert.ok(finite.includes(told.min) && finite.every((value) => value >= Number(told.min)));
      assert.ok(finite.includes(told.max) && finite.every((value) => value <= Number(told.max)));
      const mean = finite.reduce((sum, value) => sum + value / finite.length, 0);
      const rounding = 1e-13 * Math.max(...finite.map(Math.abs)) + 1e-300;
      assert.ok(Math.abs(told.mean - mean) <= rounding, `${told.mean}, not ${mean}`);
    }),
  );
  const many = asNumericArray(new Float64Array(1e6).fill(0.1));
  assert.ok(many && summarize(many).mean === 0.1);
});

test("a PNG holds its pixels row by row", () => {
  const pixels = Uint8Array.from({ length: 2 * 3 * 4 }, (_, index) => index);
  const png = encodePng(2, 3, pixels);
  assert.equal(png.subarray(0, 8).toString("latin1"), "\x89PNG\r\n\x1a\n");
  assert.deepEqual([png.readUInt32BE(16), png.readUInt32BE(20)], [2, 3]);
  assert.equal(png.readUInt32BE(png.length - 4), 0xae426082, "CRC of IEND");
  const rows = inflateSync(png.subarray(41, png.length - 16));
  assert.deepEqual([...rows.subarray(0, 9)], [0, 0, 1, 2, 3, 4, 5, 6, 7]);
  assert.equal(rows.length, 3 * 9);
});

test("values say themselves how they are shown, by either convention", async () => {
  const deno = { [Symbol.for("Jupyter.display")]: async () => ({ "text/markdown": "*x*" }) };
  assert.deepEqual(await toMimeBundle(deno), { "text/markdown": "*x*" });
  const own = { toMimeBundle: () => ({ "image/png": Uint8Array.of(1, 2, 3) }) };
  assert.deepEqual(await toMimeBundle(own), { "image/png": "AQID" });
  const other = { toMimeBundle: () => "no bundle" };
  assert.deepEqual(Object.keys(await toMimeBundle(other)), ["text/plain"]);
});

test("elements are shown by their markup and Plotly figures by their own type", async () => {
  assert.deepEqual(await toMimeBundle({ tagName: "DIV", outerHTML: "<div>1</div>" }), {
    "text/html": "<div>1</div>",
    "text/plain": "<div>",
  });
  const svg = await toMimeBundle({ tagName: "svg", outerHTML: "<svg/>" });
  assert.equal(svg["image/svg+xml"], '<svg xmlns="http://www.w3.org/2000/svg"/>');
  const figure = { data: [{ y: Float32Array.of(1, Number.NaN) }], layout: { title: "t" } };
  const bundle = await toMimeBundle(figure);
  assert.deepEqual(bundle["application/vnd.plotly.v1+json"], {
    data: [{ y: [1, null] }],
    layout: { title: "t" },
  });
  assert.ok(bundle["text/plain"]);
});

test("d3 builds elements in a light DOM that is made when first asked for, and a selection shows its element", async () => {
  installLightDom();
  assert.equal(typeof Object.getOwnPropertyDescriptor(globalThis, "document")?.get, "function");
  const d3 = await import("d3");
  const svg = d3.create("svg").attr("viewBox", "0 0 9 9");
  svg
    .append("g")
    .selectAll("circle")
    .data([1, 2])
    .join("circle")
    .attr("r", (r) => r);
  svg.append("g").call(d3.axisBottom(d3.scaleLinear()));
  const bundle = await toMimeBundle(svg);
  const markup = String(bundle["image/svg+xml"]);
  assert.match(
    markup,
    /^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" viewBox="0 0 9 9"><g><circle r="1"/,
  );
  assert.match(markup, /class="tick"/);
  assert.deepEqual(await toMimeBundle(svg.node()), bundle);
  const list = d3.create("ul");
  list.append("li").text("a < b");
  assert.equal((await toMimeBundle(list.node()))["text/html"], "<ul><li>a &lt; b</li></ul>");
  assert.equal(Object.getOwnPropertyDescriptor(globalThis, "document")?.get, undefined);
  Reflect.deleteProperty(globalThis, "document");
});

test("a chart of Observable Plot is shown as it is, alone and in its figure", async () => {
  installLightDom();
  const Plot = await import("@observablehq/plot");
  const marks = [Plot.barY([3, 1, 2], { x: ["a", "b", "c"], y: (value: number) => value })];
  const chart = await toMimeBundle(Plot.plot({ marks, document }));
  const markup = String(chart["image/svg+xml"]);
  assert.match(markup, /^<svg xmlns="http:\/\/www.w3.org\/2000\/svg"/);
  assert.equal(markup.match(/<rect /g)?.length, 3);
  const figure = await toMimeBundle(Plot.plot({ title: "Three", marks, document }));
  assert.match(String(figure["text/html"]), /^<figure[^>]*>[\s\S]*Three[\s\S]*<svg[\s\S]*<rect /);
  Reflect.deleteProperty(globalThis, "document");
});
