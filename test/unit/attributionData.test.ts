import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  attributionSum,
  attributionText,
  bySize,
  headRow,
  partName,
  signedText,
  summaryText,
} from "../../widgets/attribution/data.ts";
import { barOf, extentOf, shareOf } from "../../widgets/attribution/extent.ts";
import { checkAttribution } from "../../widgets/attribution/refusals.ts";
import {
  type BarRow,
  rowsBySize,
  rowsOfTree,
  type SourcesOf,
} from "../../widgets/attribution/rows.ts";
import { attributionPicture } from "../../widgets/attribution/staticPicture.ts";
import { attributionTables } from "../../widgets/attribution/tables.ts";
import { attributionBars } from "../../widgets/index.ts";
import { readTable } from "../../widgets/render/table.ts";
import { ATTRIBUTION } from "../fixtures/explainRecords.ts";
import { runRecord } from "../fixtures/runRecords.ts";

const RECORD = runRecord(["<a>", " b", "c"]);
const RUN = { id: "run", record: RECORD, model: { tokenText: (id: number) => ` t${id}` } };
const SUM = attributionSum(ATTRIBUTION, ["<a>", " b", "c"], RUN.model.tokenText);
const told = (rows: readonly BarRow[]) =>
  rows.map(({ level, label, value }) => [level, label, value] as const);

describe("an attribution as a sum", () => {
  test("names what is summed, and brings heads' sources together", () => {
    assert.deepEqual([...(SUM.bySource ?? [])], [0.125, -1.25]);
    assert.deepEqual(SUM.tokenTexts, ["<a>", " b"], "up to the position");
    assert.equal(
      summaryText(SUM),
      "logit of ·t3 less that of ·t4 behind ·b (1): +2.5, the sum of 8 parts and a remainder of +9.537e-7",
    );
    assert.equal(attributionSum({ ...ATTRIBUTION, sources: null }, [], String).bySource, null);
  });

  test("names parts, and finds heads among them", () => {
    assert.deepEqual(SUM.parts.slice(4).map(partName), [
      ...["layer 1 head 0", "layer 1 head 1", "layer 1 expert 3", "layer 1 shared experts"],
    ]);
    assert.deepEqual(
      SUM.parts.map((_, part) => headRow(SUM.parts, part)),
      [-1, 0, 1, -1, 2, 3, -1, -1],
    );
    assert.deepEqual(bySize([1, -2, 2, 0]), [1, 2, 0, 3]);
    assert.deepEqual([0.5, -0.5, 1e-9, Number.NaN].map(signedText), [
      "+0.5",
      "−0.5",
      "+1e-9",
      "NaN",
    ]);
  });

  test("is told in words, the strongest first", () => {
    const [, first, second] = attributionText(SUM, "small").split("\n");
    assert.deepEqual([first, second], ["layer 1 expert 3: +3", "layer 1 head 0: −2"]);
  });
});

describe("rows by size", () => {
  test("have a running sum that ends at the logit, what is weak as one, the remainder named", () => {
    const rows = rowsBySize(SUM, 3);
    assert.deepEqual(told(rows), [
      [1, "layer 1 expert 3", 3],
      [1, "layer 1 head 0", -2],
      [1, "layer 0 head 0", 1],
      [1, "5 weaker parts", 0.5],
      [1, "remainder (rounding)", 2 ** -20],
      [1, "logit of ·t3 less that of ·t4", 2.5 + 2 ** -20],
    ]);
    assert.deepEqual(
      rows.map(({ running }) => running),
      [3, 1, 2, 2.5, 2.5 + 2 ** -20, 2.5 + 2 ** -20],
    );
  });

  test("have no rest where all are shown", () => {
    const rows = rowsBySize(SUM, Number.POSITIVE_INFINITY);
    assert.equal(rows.length, 8 + 2);
    assert.ok(rows.every(({ kind }) => kind !== "rest"));
    assert.equal(rowsBySize(SUM, 7)[7]?.label, "1 weaker part");
  });
});

describe("rows of the tree", () => {
  const sourcesOf: SourcesOf = (head) => ATTRIBUTION.sources?.slice(2 * head, 2 * head + 2);
  const tree = (open: readonly string[], of = sourcesOf, limit = 50) =>
    rowsOfTree(SUM, (id) => open.includes(id), of, limit);

  test("are layers in their order, whose sums with the remainder are the logit", () => {
    const rows = tree(["logit"]);
    assert.deepEqual(told(rows.slice(1)), [
      [2, "embedding", 0.25],
      [2, "layer 0", 0.625],
      [2, "layer 1", 1.625],
      [2, "remainder (rounding)", 2 ** -20],
    ]);
    const sum = rows.slice(1).reduce((all, { value }) => all + value, 0);
    assert.equal(sum, SUM.logit);
    assert.equal(tree([]).length, 1, "closed, the logit alone");
  });

  test("open to parts by size and to the tokens that a head reads", () => {
    const rows = tree(["logit", "layer 1", "part 4"]);
    assert.deepEqual(told(rows.slice(3, 9)), [
      [2, "layer 1", 1.625],
      [3, "expert 3", 3],
      [3, "head 0", -2],
      [4, "from ·b (1)", -1.5],
      [4, "from <a> (0)", -0.5],
      [3, "head 1", 0.375],
    ]);
    assert.deepEqual(rows[6]?.place, { layer: 1, head: 0, expert: null, token: 1 });
    assert.deepEqual(rows[4]?.place, { layer: 1, head: null, expert: 3, token: null });
    assert.deepEqual(
      rows.slice(3, 9).map(({ isOpen }) => isOpen),
      [true, null, true, null, null, false],
    );
  });

  test("have what is weak as one, at each level", () => {
    const rows = tree(["logit", "layer 1", "part 4"], sourcesOf, 2);
    assert.deepEqual(told(rows).at(-2), [3, "2 weaker parts", 0.625]);
    assert.deepEqual(told(tree(["logit", "layer 1", "part 4"], sourcesOf, 1)).slice(3, 6), [
      [2, "layer 1", 1.625],
      [3, "expert 3", 3],
      [3, "3 weaker parts", -1.375],
    ]);
    const sources = tree(["logit", "layer 0", "part 1"], () => [0.5, 0.25, 0.25], 1);
    assert.deepEqual(told(sources).slice(3, 6), [
      [3, "head 0", 1],
      [4, "from <a> (0)", 0.5],
      [4, "from 2 other positions", 0.5],
    ]);
  });

  test("say while sources are read, and why they are not there", () => {
    const open = ["logit", "layer 0", "part 1"];
    const note = (of: SourcesOf) => tree(open, of).find(({ kind }) => kind === "note");
    assert.match(note(() => undefined)?.label ?? "", /^reading/);
    assert.equal(note(() => "not kept")?.label, "not kept");
    const alone = rowsOfTree({ ...SUM, bySource: null }, () => true, sourcesOf, 50);
    assert.ok(
      alone.every(({ level, isOpen, kind }) => level < 4 && (kind !== "part" || isOpen === null)),
    );
  });
});

test("bars share one scale, in which 0 lies", () => {
  const extent = extentOf(rowsBySize(SUM, 3));
  assert.deepEqual(extent, { low: -2, high: 3 });
  assert.deepEqual(barOf(3, extent), { start: 0.4, length: 0.6 });
  assert.deepEqual(barOf(-2, extent), { start: 0, length: 0.4 });
  assert.equal(shareOf(0.5, extent), 0.5);
  assert.deepEqual(extentOf([{ value: Number.NaN, running: null }]), { low: -1, high: 1 });
});

test("the table of parts sums to the logit, that of sources to the heads", async () => {
  const [parts, sources] = await Promise.all(attributionTables(ATTRIBUTION, SUM).map(readTable));
  const numbers = (table: typeof parts, name: string) =>
    [...(table?.columns.find((one) => one.name === name)?.values ?? [])] as number[];
  const sum = (values: readonly number[]) => values.reduce((all, value) => all + value, 0);
  assert.equal(sum(numbers(parts, "value")), ATTRIBUTION.logit);
  assert.deepEqual(numbers(sources, "head"), [0, 0, 1, 1, 0, 0, 1, 1]);
  assert.deepEqual(numbers(sources, "layer"), [0, 0, 0, 0, 1, 1, 1, 1]);
  assert.deepEqual(numbers(sources, "position"), [0, 1, 0, 1, 0, 1, 0, 1]);
  const heads = ATTRIBUTION.parts.filter(({ kind }) => kind === "head");
  assert.equal(sum(numbers(sources, "value")), sum(heads.map(({ value }) => value)));
  assert.equal(attributionTables({ ...ATTRIBUTION, sources: null }, SUM).length, 1);
});

test("an attribution of another run, or of none, is refused by name", () => {
  const wrong: readonly (readonly [object, RegExp])[] = [
    [{ position: 3 }, /got one of 3 tokens and position 3\. Pass that run\.$/],
    [{ target: 16 }, /got a vocabulary of 16 tokens and id 16/],
    [
      { parts: [{ kind: "mlp", layer: 2, index: null, value: 1 }] },
      /got a model of 2 layers and a part of layer 2/,
    ],
    [{ sources: new Float64Array(7) }, /expected sources of 4 heads by 2 positions, got 7 numbers/],
  ];
  for (const [change, message] of wrong)
    assert.throws(() => checkAttribution({ ...ATTRIBUTION, ...change }, RECORD), {
      ...{ name: "TypeError", message },
    });
  assert.throws(() => attributionBars({ logit: 1 } as never, RUN), /got an object with logit\./);
});

test("the page is told what a head brings from each position", async () => {
  const { answer } = attributionBars(ATTRIBUTION, RUN).nestable;
  const { buffers = [] } = await answer({ id: 1, kind: "sources", head: 2 });
  assert.deepEqual(buffers, [Float64Array.of(-0.5, -1.5)]);
  await assert.rejects(answer({ id: 2, kind: "sources", head: 4 }), /head from 0 to 3, got 4/);
  const alone = attributionBars({ ...ATTRIBUTION, sources: null }, RUN).nestable;
  await assert.rejects(
    alone.answer({ id: 3, kind: "sources", head: 0 }),
    /expected heads split by what they read, got none/,
  );
});

test("the static picture has a bar for each row, signed, and the line of sums", () => {
  const svg = attributionPicture(SUM, "<small>");
  assert.match(svg, /&lt;small&gt;/);
  assert.equal(svg.match(/<rect class="d0"/g)?.length, 2);
  assert.equal(svg.match(/<rect class="d8"/g)?.length, 8);
  assert.match(svg, /<path class="u" d="M/);
});
